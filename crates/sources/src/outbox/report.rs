//! How an outbox stands, for people; and its dead letters put back.

use std::time::Duration;

use fanfare_core::ports::Clock;

use super::{
    connect::{self, Connect},
    install::{HINT, said},
};
use crate::source::SourceError;

/// Dead letters that a report shows.
const SHOWN: i64 = 10;
/// Dead letters that are put back in one transaction: whoever holds the order of two keys can end in a deadlock with
/// a publisher who wants them the other way round.
const PUT_BACK: i64 = 1;

/// How an outbox stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its version.
    pub version: i32,
    /// Rows that wait.
    pub waiting: i64,
    /// Of these, those that an open transaction holds up.
    pub held_up: i64,
    /// How long the oldest waits.
    pub age: Duration,
    /// The open transaction that holds the most up: its process in the server and for how long it has been open,
    /// where this role may see that.
    pub held_up_by: Option<(i32, Option<Duration>)>,
    /// Dead letters.
    pub dead: i64,
    /// The newest of them.
    pub newest_dead: Vec<DeadLetter>,
}

/// A row that could not be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: i64,
    /// When it died, RFC 3339.
    pub died_at: String,
    /// The application that it names.
    pub application: String,
    /// The event type that it names.
    pub event_type: String,
    /// Why it cannot be accepted.
    pub reason: String,
}

/// How the outbox stands.
pub async fn report(connect: &dyn Connect, clock: &dyn Clock) -> Result<Report, SourceError> {
    let connected = connect::open(connect, clock).await?;
    let client = &connected.client;
    let failed = |error: tokio_postgres::Error| {
        SourceError(format!("cannot look at the outbox: {}; {HINT}", said(&error)))
    };
    let version = client.query_one("SELECT max(version) FROM fanfare.outbox_migrations", &[]);
    let version = version.await.map_err(failed)?.get::<_, Option<i32>>(0).unwrap_or_default();
    let waiting = "SELECT count(*), count(*) FILTER (WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())
            AND xid < pg_snapshot_xmax(pg_current_snapshot())),
        coalesce(extract(epoch FROM clock_timestamp() - min(published_at)), 0)::float8 FROM fanfare.outbox";
    let waiting = client.query_one(waiting, &[]).await.map_err(failed)?;
    let holder =
        "SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 FROM pg_stat_activity
        WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY age(backend_xid) DESC LIMIT 1";
    let holder = client.query_opt(holder, &[]).await.map_err(failed)?;
    let dead = client.query_one("SELECT count(*) FROM fanfare.outbox_dead", &[]).await.map_err(failed)?;
    let newest =
        "SELECT id, to_char(died_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), application,
        event_type, reason FROM fanfare.outbox_dead ORDER BY died_at DESC, id DESC LIMIT $1";
    let newest = client.query(newest, &[&SHOWN]).await.map_err(failed)?;
    let held_up: i64 = waiting.get(1);
    let holder = holder.filter(|_| held_up > 0);
    Ok(Report {
        version,
        waiting: waiting.get(0),
        held_up,
        age: seconds(waiting.get(2)),
        held_up_by: holder.map(|row| (row.get(0), row.get::<_, Option<f64>>(1).map(seconds))),
        dead: dead.get(0),
        newest_dead: newest.iter().map(dead_letter).collect(),
    })
}

fn dead_letter(row: &tokio_postgres::Row) -> DeadLetter {
    DeadLetter {
        id: row.get(0),
        died_at: row.get(1),
        application: row.get(2),
        event_type: row.get(3),
        reason: row.get(4),
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Puts all dead letters back, oldest first; how many. Each keeps what it is known by: one that was accepted all
/// the same is not accepted twice.
pub async fn retry(connect: &dyn Connect, clock: &dyn Clock) -> Result<i64, SourceError> {
    let connected = connect::open(connect, clock).await?;
    let client = &connected.client;
    let failed = |error: tokio_postgres::Error| {
        SourceError(format!("cannot put dead letters back: {}; {HINT}", said(&error)))
    };
    // Only those that are there now: what dies meanwhile dies for a reason that still holds.
    let counted = client.query_one("SELECT count(*) FROM fanfare.outbox_dead", &[]).await.map_err(failed)?;
    let (all, mut done): (i64, i64) = (counted.get(0), 0);
    while done < all {
        let most = PUT_BACK.min(all - done);
        let row = client.query_one("SELECT fanfare.outbox_retry($1)", &[&most]).await.map_err(failed)?;
        match row.get::<_, i64>(0) {
            0 => break,
            some => done += some,
        }
    }
    Ok(done)
}
