//! Installs the outbox in a platform's database, and brings an older one up to date.

use fanfare_core::ports::Clock;
use tokio_postgres::Transaction;

use super::connect::{self, Connect};
use crate::source::SourceError;

/// What to do where the outbox is not there.
pub(super) const HINT: &str =
    "`fanfare outbox install` puts the outbox there, and says which roles may read it";

/// Each version's changes, in their order.
const MIGRATIONS: [(i32, &str); 1] = [(1, include_str!("../../migrations/outbox/0001_initial.sql"))];
/// PostgreSQL 13 was the first with `xid8`.
const OLDEST_SERVER: i32 = 130_000;

/// Which roles get which rights.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// May publish.
    pub publishers: Vec<String>,
    /// May read and settle: Fanfare's own.
    pub readers: Vec<String>,
}

/// What an installation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installed {
    /// The version that was there; none was.
    pub from: Option<i32>,
    /// The version that is there now.
    pub to: i32,
}

/// Installs the outbox, in one transaction. Where it is there already, nothing but the rights changes.
pub async fn install(
    connect: &dyn Connect,
    clock: &dyn Clock,
    roles: &Roles,
) -> Result<Installed, SourceError> {
    let mut connected = connect::open(connect, clock).await?;
    let tx = connected.client.transaction().await.map_err(|error| failed(&error))?;
    check_server(&tx).await?;
    tx.batch_execute(
        "SET LOCAL synchronous_commit = on;
         SELECT pg_advisory_xact_lock(hashtextextended('fanfare outbox install', 8071));
         CREATE SCHEMA IF NOT EXISTS fanfare",
    )
    .await
    .map_err(|error| failed(&error))?;
    check_owner(&tx).await?;
    tx.batch_execute(
        "CREATE TABLE IF NOT EXISTS fanfare.outbox_migrations (
             version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())",
    )
    .await
    .map_err(|error| failed(&error))?;
    let row = tx
        .query_one("SELECT max(version) FROM fanfare.outbox_migrations", &[])
        .await
        .map_err(|error| failed(&error))?;
    let from: Option<i32> = row.get(0);
    let to = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if let Some(from) = from.filter(|from| *from > to) {
        return Err(SourceError(format!(
            "the outbox has version {from}, and this Fanfare knows {to} at most: use a newer Fanfare"
        )));
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| from.is_none_or(|from| *version > from)) {
        tx.batch_execute(sql).await.map_err(|error| failed(&error))?;
        let note = "INSERT INTO fanfare.outbox_migrations (version) VALUES ($1)";
        tx.execute(note, &[version]).await.map_err(|error| failed(&error))?;
    }
    tx.batch_execute(&grants(roles)).await.map_err(|error| failed(&error))?;
    tx.commit().await.map_err(|error| failed(&error))?;
    Ok(Installed { from, to })
}

async fn check_server(tx: &Transaction<'_>) -> Result<(), SourceError> {
    let settings = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')";
    let row = tx.query_one(settings, &[]).await.map_err(|error| failed(&error))?;
    if row.get::<_, i32>(0) < OLDEST_SERVER {
        return Err(SourceError("the outbox needs PostgreSQL 13 or newer".to_owned()));
    }
    if row.get::<_, &str>(1) == "SQL_ASCII" {
        let why =
            "the outbox needs a database whose texts are known to be texts: this one has encoding SQL_ASCII";
        return Err(SourceError(why.to_owned()));
    }
    Ok(())
}

/// Who owns the schema could put functions of their own in the place of ours, which run with our rights.
async fn check_owner(tx: &Transaction<'_>) -> Result<(), SourceError> {
    let owner = "SELECT pg_get_userbyid(nspowner)::text, current_user::text FROM pg_namespace
        WHERE nspname = 'fanfare'";
    let row = tx.query_one(owner, &[]).await.map_err(|error| failed(&error))?;
    let (owner, user): (&str, &str) = (row.get(0), row.get(1));
    if owner != user {
        return Err(SourceError(format!(
            "the schema fanfare belongs to {owner}, and this is {user}: install the outbox as {owner}"
        )));
    }
    Ok(())
}

fn failed(error: &tokio_postgres::Error) -> SourceError {
    SourceError(format!("cannot install the outbox: {}", said(error)))
}

/// The rights of each kind of role, and no more.
fn grants(roles: &Roles) -> String {
    let publisher = |role: &String| {
        let role = quoted(role);
        format!(
            "GRANT USAGE ON SCHEMA fanfare TO {role}; GRANT EXECUTE ON FUNCTION fanfare.publish TO {role};"
        )
    };
    let reader = |role: &String| {
        let role = quoted(role);
        format!(
            "GRANT USAGE ON SCHEMA fanfare TO {role};
             GRANT SELECT, DELETE ON fanfare.outbox TO {role};
             GRANT SELECT, INSERT, UPDATE ON fanfare.outbox_dead TO {role};
             GRANT SELECT ON fanfare.outbox_migrations TO {role};
             GRANT EXECUTE ON FUNCTION fanfare.outbox_retry TO {role};"
        )
    };
    roles.publishers.iter().map(publisher).chain(roles.readers.iter().map(reader)).collect()
}

fn quoted(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}

/// What the server said, where it said something.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
