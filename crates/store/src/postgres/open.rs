//! Opening the database: making our tables, bringing them to this version, and saying clearly why it cannot
//! be used.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use fanfare_core::ports::Clock;
use tokio::sync::Semaphore;
use tokio_postgres::{config::TargetSessionAttrs, error::SqlState};

use super::{
    PostgresStore,
    columns::get,
    connection::{Connections, Place, Tx, transaction},
    fault::{Done, Fault, Kind, said},
    guards::LOCKS,
    hints::Hints,
    partitions,
    query::{all, one, run, values},
    tls,
    url::DatabaseUrl,
};

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// Connections at most, from 1.
    pub pool: usize,
    /// How long PostgreSQL may work on one statement.
    pub statement_timeout: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// Whether a PgBouncer in transaction mode stands in between, where the URL does not say so.
    pub pgbouncer: bool,
    /// Where PostgreSQL itself can be reached, to listen for hints of other nodes, where a PgBouncer stands in
    /// between.
    pub listen_url: Option<DatabaseUrl>,
    /// The node's clock.
    pub clock: Arc<dyn Clock>,
}

impl OpenOptions {
    /// With settings that suit most.
    pub fn new(url: DatabaseUrl, clock: Arc<dyn Clock>) -> Self {
        Self {
            url,
            pool: 8,
            statement_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            pgbouncer: false,
            listen_url: None,
            clock,
        }
    }
}

/// Why a store could not be opened; each says what to do. None shows a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there.
    #[error(
        "cannot reach {database} ({reason}): check the address, that PostgreSQL runs there and that this machine may connect to it"
    )]
    Unreachable {
        /// The database, without its password.
        database: String,
        /// What went wrong.
        reason: String,
    },
    /// PostgreSQL does not let us in.
    #[error("{database} does not let us in ({reason}): check user, password and database name in the URL")]
    Refused {
        /// The database, without its password.
        database: String,
        /// What PostgreSQL said.
        reason: String,
    },
    /// TLS did not come about.
    #[error("no TLS to {database} ({reason}): check sslmode and sslrootcert in the URL")]
    Tls {
        /// The database, without its password.
        database: String,
        /// What went wrong.
        reason: String,
    },
    /// A standby, or a server that takes no writes.
    #[error("{0} is read-only: give the address of the primary server")]
    ReadOnly(String),
    /// A server that we cannot work with.
    #[error("{database} cannot be used: {reason}")]
    Unsuitable {
        /// The database, without its password.
        database: String,
        /// What it lacks.
        reason: String,
    },
    /// A store of a later version of Fanfare.
    #[error(
        "{database} was written by a newer version of fanfare (format {found}, this one knows up to {known}): run that version"
    )]
    Newer {
        /// The database, without its password.
        database: String,
        /// The format found.
        found: i32,
        /// The newest format this version knows.
        known: i32,
    },
    /// A store of an earlier version of Fanfare, where it may not be changed.
    #[error(
        "{database} was written by an older version of fanfare (format {found}, this one has {known}): start the server of this version once, which brings it up to date"
    )]
    Older {
        /// The database, without its password.
        database: String,
        /// The format found.
        found: i32,
        /// The format of this version.
        known: i32,
    },
    /// Tables of another program, or none at all.
    #[error("{database} is not a fanfare store ({reason}): give another database, or a schema of its own")]
    NotAStore {
        /// The database, without its password.
        database: String,
        /// What was found.
        reason: String,
    },
    /// A copy of another store into it was cut off.
    #[error(
        "{0} holds only a part of the store that was to be copied there: run the same `fanfare migrate-store` again, which goes on where it stood"
    )]
    HalfACopy(String),
    /// Anything else that it said.
    #[error("{database} cannot be opened: {reason}")]
    Failed {
        /// The database, without its password.
        database: String,
        /// What PostgreSQL said.
        reason: String,
    },
}

/// A transaction of ours never waits between its statements; one that does belongs to a node that is frozen
/// or gone, and would hold its locks.
pub(super) const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);
const OLDEST_SERVER: i32 = 150_000;
/// Beside the guards, which begin at 0.
const LOCK: i32 = -2;

/// Applied in this order, each in a transaction of its own; the last one's number is the store's format.
const MIGRATIONS: [(&str, &str); 9] = [
    ("initial", include_str!("../../migrations/postgres/0001_initial.sql")),
    ("superseding", include_str!("../../migrations/postgres/0002_superseding.sql")),
    ("key_modes", include_str!("../../migrations/postgres/0003_key_modes.sql")),
    ("sessions", include_str!("../../migrations/postgres/0004_sessions.sql")),
    ("replays", include_str!("../../migrations/postgres/0005_replays.sql")),
    ("portal", include_str!("../../migrations/postgres/0006_portal.sql")),
    ("activity", include_str!("../../migrations/postgres/0007_activity.sql")),
    ("endpoint_lookups", include_str!("../../migrations/postgres/0008_endpoint_lookups.sql")),
    ("nodes", include_str!("../../migrations/postgres/0009_nodes.sql")),
];

/// Connections of the pool that pages and lists leave to the engine.
const KEPT_FROM_READERS: usize = 4;

impl PostgresStore {
    /// Opens a store, making its tables or bringing them to this version.
    pub async fn open(options: OpenOptions) -> Result<Self, OpenError> {
        let store = Self::open_to_copy_into(options).await?;
        store.refuse_half_a_copy().await?;
        Ok(store)
    }

    /// The same for a copy of another store ([`crate::copy`]), of which a part may be there.
    pub async fn open_to_copy_into(options: OpenOptions) -> Result<Self, OpenError> {
        let store = Self::connect(options)?;
        let known = store.check_format().await?;
        store.migrate(known).await?;
        let now = store.clock.now();
        // Upkeep tries again; what comes meanwhile lies in the default partitions.
        if let Err(error) = transaction!(store.writing(), |tx| partitions::make_ahead(tx, now).await) {
            tracing::warn!(%error, "could not make the partitions of the weeks to come");
        }
        Ok(store)
    }

    /// Opens a store that is there, only to look at it: nothing in it is changed, not even brought to this
    /// version. A standby will do.
    pub async fn open_to_inspect(mut options: OpenOptions) -> Result<Self, OpenError> {
        options.url.config.target_session_attrs(TargetSessionAttrs::Any);
        let store = Self::connect(options)?;
        let (database, known) = (store.shown.clone(), known());
        match store.check_format().await? {
            0 => Err(OpenError::NotAStore { database, reason: "it has no tables of fanfare's".to_owned() }),
            found if found < known => Err(OpenError::Older { database, found, known }),
            _ => {
                store.refuse_half_a_copy().await?;
                Ok(store)
            }
        }
    }

    async fn refuse_half_a_copy(&self) -> Result<(), OpenError> {
        let database = self.shown.clone();
        match self.is_half_a_copy().await {
            Ok(false) => Ok(()),
            Ok(true) => Err(OpenError::HalfACopy(database)),
            Err(error) => Err(OpenError::Failed { database, reason: error.to_string() }),
        }
    }

    /// The pool; no connection is made yet.
    fn connect(options: OpenOptions) -> Result<Self, OpenError> {
        let OpenOptions { url, pool, statement_timeout, connect_timeout, pgbouncer, listen_url, clock } =
            options;
        let shown = url.to_string();
        let unnamed = pgbouncer || url.pgbouncer;
        let explain = |reason| OpenError::Tls { database: shown.clone(), reason };
        let direct = listen_url.or_else(|| (!unnamed).then(|| url.clone()));
        let listen = match direct {
            None => None,
            Some(direct) => {
                let mut config = direct.config;
                if config.get_connect_timeout().is_none() {
                    config.connect_timeout(connect_timeout);
                }
                Some((config, tls::connector(&direct.trust).map_err(explain)?))
            }
        };
        let mut config = url.config;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(connect_timeout);
        }
        if !unnamed {
            // PgBouncer refuses options; there each transaction sets what it needs. Plans are made anew, so that
            // they look into the partitions of what they are for only; compiling them costs more than running.
            let before = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
            config.options(format!(
                "{before}-c statement_timeout={} -c idle_in_transaction_session_timeout={} \
                 -c plan_cache_mode=force_custom_plan -c jit=off -c client_min_messages=warning",
                statement_timeout.as_millis(),
                IDLE_IN_TRANSACTION.as_millis()
            ));
        }
        let tls = tls::connector(&url.trust)
            .map_err(|reason| OpenError::Tls { database: shown.clone(), reason })?;
        let of = |connections: usize| {
            let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            Pool::builder(Manager::from_config(config.clone(), tls.clone(), manager))
                .max_size(connections)
                .runtime(Runtime::Tokio1)
                .wait_timeout(Some(statement_timeout))
                .create_timeout(Some(connect_timeout * 2))
                .build()
                .map_err(|error| OpenError::Failed { database: shown.clone(), reason: error.to_string() })
        };
        let size = pool.max(1);
        let connections = Connections {
            pool: of(size)?,
            renewals: of(1)?,
            readers: Arc::new(Semaphore::new(size.saturating_sub(KEPT_FROM_READERS).max(1))),
            clock: Arc::clone(&clock),
            unnamed,
            statement_timeout,
        };
        Ok(Self { clock, connections, hints: Hints::new(listen), shown })
    }

    /// The format of a store of ours, 0 where there is none yet; an error if it is not ours or of a later
    /// version.
    async fn check_format(&self) -> Result<i32, OpenError> {
        let tx = self.connections.begin(Place::Pool, "BEGIN", self.connections.patience()).await;
        let tx = tx.map_err(|fault| self.explain(&fault))?;
        let looked = look(&tx).await.map_err(|fault| self.explain(&fault))?;
        let database = self.shown.clone();
        match looked {
            Look::Unsuitable(reason) => Err(OpenError::Unsuitable { database, reason }),
            Look::NotOurs(reason) => Err(OpenError::NotAStore { database, reason }),
            Look::Format(found) if found > known() => {
                Err(OpenError::Newer { database, found, known: known() })
            }
            Look::Format(found) => Ok(found),
        }
    }

    async fn migrate(&self, found: i32) -> Result<(), OpenError> {
        for number in found..known() {
            let tx = self
                .connections
                .begin(Place::Pool, "BEGIN", None)
                .await
                .map_err(|fault| self.explain(&fault))?;
            apply(&tx, number + 1).await.map_err(|fault| self.explain(&fault))?;
            tx.finish().await.map_err(|fault| self.explain(&fault))?;
        }
        Ok(())
    }

    fn explain(&self, fault: &Fault) -> OpenError {
        let database = self.shown.clone();
        let (error, connecting) = match fault {
            Fault::Sql(error) => (error, false),
            Fault::Connect(error) => (error, true),
            Fault::NoConnection(reason) => {
                return OpenError::Unreachable { database, reason: reason.clone() };
            }
            other => return OpenError::Failed { database, reason: other.to_string() },
        };
        let reason = said(error);
        if reason.contains("database does not allow writes") {
            return OpenError::ReadOnly(database);
        }
        if reason.contains("TLS") || reason.contains("certificate") {
            return OpenError::Tls { database, reason };
        }
        let Some(code) = error.code() else {
            let unreachable = if connecting { Kind::Passing } else { Kind::Lost };
            return if fault.kind() == unreachable {
                OpenError::Unreachable { database, reason }
            } else {
                OpenError::Refused { database, reason }
            };
        };
        match *code {
            SqlState::READ_ONLY_SQL_TRANSACTION => OpenError::ReadOnly(database),
            SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME => OpenError::Refused { database, reason },
            _ => OpenError::Failed { database, reason },
        }
    }
}

fn known() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// What a look at a database shows.
enum Look {
    Unsuitable(String),
    NotOurs(String),
    Format(i32),
}

async fn look(tx: &Tx) -> Done<Look> {
    let sql = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
                      current_schema()::text";
    let server = one(tx, sql, values![], |row| {
        Ok((get::<i32>(row, 0)?, get::<String>(row, 1)?, get::<Option<String>>(row, 2)?))
    });
    let Some((version, encoding, schema)) = server.await? else {
        return Ok(Look::Unsuitable("it does not say what it is".to_owned()));
    };
    if version < OLDEST_SERVER {
        return Ok(Look::Unsuitable(format!("it is PostgreSQL {}, 15 is the oldest", version / 10_000)));
    }
    if encoding != "UTF8" {
        return Ok(Look::Unsuitable(format!("its encoding is {encoding}, make a database with UTF8")));
    }
    if schema.is_none() {
        return Ok(Look::Unsuitable("no schema of its search_path exists: create it first".to_owned()));
    }
    let tables = tables(tx).await?;
    if tables.iter().any(|table| table == "fanfare_migrations") {
        let sql = "SELECT coalesce(max(number), 0) FROM fanfare_migrations";
        let format = one(tx, sql, values![], |row| get::<i32>(row, 0)).await?;
        return Ok(Look::Format(format.unwrap_or(0)));
    }
    let taken = tables.iter().find(|table| OURS.contains(&table.as_str()));
    Ok(match taken {
        Some(table) => Look::NotOurs(format!("it has a table `{table}` of another program")),
        None => Look::Format(0),
    })
}

/// Names of ours that other programs use as well.
const OURS: [&str; 12] = [
    "answers",
    "applications",
    "attempts",
    "audit",
    "books",
    "deliveries",
    "endpoints",
    "environments",
    "keys",
    "messages",
    "nodes",
    "settings",
];

async fn tables(tx: &Tx) -> Done<Vec<String>> {
    let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    all(tx, sql, values![], |row| get(row, 0)).await
}

/// Applies one migration unless another node has done it by now.
async fn apply(tx: &Tx, number: i32) -> Done<()> {
    run(tx, "SELECT pg_advisory_xact_lock($1, $2)", values![LOCKS, LOCK]).await?;
    tx.script(
        "CREATE TABLE IF NOT EXISTS fanfare_migrations (
             number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
         )",
    )
    .await?;
    let there = "SELECT 1 FROM fanfare_migrations WHERE number = $1";
    if one(tx, there, values![number], |_| Ok(())).await?.is_some() {
        return Ok(());
    }
    let place = usize::try_from(number - 1).map_err(super::fault::broken)?;
    let (name, sql) = MIGRATIONS[place];
    tx.script(sql).await?;
    run(tx, "INSERT INTO fanfare_migrations (number, name) VALUES ($1, $2)", values![number, name])
        .await
        .map(drop)
}
