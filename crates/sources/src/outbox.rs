//! The outbox: a table in the platform's own PostgreSQL that its transactions publish into, and the reader that
//! takes events from there exactly once into the store.
//!
//! The reader goes through the table in the order of ids and stops at the first row whose transaction is not
//! older than all open ones. Rows of one ordering key draw their ids one transaction after the other
//! (`fanfare.publish` sees to it), so that this is the order of their commits. A row leaves the table only after it is
//! in Fanfare's store, and carries a key of its own there: whatever ends in between, it is taken once.

mod connect;
mod install;
mod read;
mod report;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{limits::SOURCE_WAIT, ports::Clock};
use tokio_postgres::{Client, Statement, types::ToSql};

pub use self::{
    connect::{Connect, Connected, Driven},
    install::{Installed, Roles, install},
    report::{DeadLetter, Report, report, retry},
};
use crate::{
    source::{Event, Fate, Lag, Source, SourceError},
    within::within,
};

/// One reader at a time holds this lock of the platform's database, for its session.
const READER: &str = "SELECT pg_try_advisory_lock(hashtextextended('fanfare outbox reader', 8071))";
/// What errors call it.
const WHAT: &str = "the outbox";
/// How often one that stands by asks for it.
const STAND_BY: Duration = Duration::from_secs(1);

const SETTLE: &str = "WITH taken AS (DELETE FROM fanfare.outbox WHERE id = ANY($1::bigint[]) RETURNING *)
    INSERT INTO fanfare.outbox_dead (id, uid, published_at, application, event_type, payload, event_id,
        ordering_key, channels, tags, deliver_at, expires_at, replace_key, reason)
    SELECT DISTINCT ON (t.uid) t.id, t.uid, t.published_at, t.application, t.event_type, t.payload, t.event_id,
        t.ordering_key, t.channels, t.tags, t.deliver_at, t.expires_at, t.replace_key, dead.reason
    FROM taken t JOIN unnest($2::bigint[], $3::text[]) AS dead (id, reason) ON dead.id = t.id
    ORDER BY t.uid, t.id DESC
    ON CONFLICT (uid) DO UPDATE SET (id, published_at, application, event_type, payload, event_id, ordering_key,
            channels, tags, deliver_at, expires_at, replace_key, died_at, reason)
        = (excluded.id, excluded.published_at, excluded.application, excluded.event_type, excluded.payload,
            excluded.event_id, excluded.ordering_key, excluded.channels, excluded.tags, excluded.deliver_at,
            excluded.expires_at, excluded.replace_key, excluded.died_at, excluded.reason)";

/// The outbox of one database.
pub struct Outbox {
    connect: Arc<dyn Connect>,
    clock: Arc<dyn Clock>,
    session: Option<Session>,
    lag: Lag,
}

/// A connection, and what is prepared on it once it holds the reader's lock.
struct Session {
    connected: Connected,
    reading: Option<Reading>,
}

struct Reading {
    pull: Statement,
    settle: Statement,
}

impl Outbox {
    /// The outbox that `connect` leads to.
    pub fn new(connect: Arc<dyn Connect>, clock: Arc<dyn Clock>) -> Self {
        Self { connect, clock, session: None, lag: Lag::default() }
    }

    /// The session, opened where there is none; none while another node reads.
    async fn open(&mut self) -> Result<Option<(&Client, &Reading)>, SourceError> {
        let clock = &*self.clock;
        if self.session.is_none() {
            let connected = connect::open(&*self.connect, clock).await?;
            self.session = Some(Session { connected, reading: None });
        }
        let Some(Session { connected, reading }) = &mut self.session else { return Ok(None) };
        let client = &connected.client;
        if reading.is_none() {
            let lock = within(clock, SOURCE_WAIT, WHAT, client.query_one(READER, &[])).await?;
            if !lock.get::<_, bool>(0) {
                return Ok(None);
            }
            let prepare = async {
                let pull = client.prepare(read::PULL).await?;
                Ok::<_, tokio_postgres::Error>(Reading { pull, settle: client.prepare(SETTLE).await? })
            };
            let prepared = within(clock, SOURCE_WAIT, WHAT, prepare).await;
            *reading = Some(prepared.map_err(|error| SourceError(format!("{error}; {}", install::HINT)))?);
        }
        Ok(reading.as_ref().map(|reading| (client, reading)))
    }
}

#[async_trait]
impl Source for Outbox {
    type Handle = i64;

    async fn pull(&mut self) -> Result<Vec<Event<i64>>, SourceError> {
        let clock = Arc::clone(&self.clock);
        let Some((client, reading)) = self.open().await? else {
            self.lag = Lag::default();
            clock.sleep(STAND_BY).await;
            return Ok(Vec::new());
        };
        let bounds = read::bounds();
        let rows = within(&*clock, SOURCE_WAIT, WHAT, client.query(&reading.pull, &bounds)).await?;
        self.lag = Lag { age: read::age(&rows), events: None };
        read::events(&rows)
    }

    async fn settle(&mut self, settled: Vec<(i64, Fate)>) -> Result<(), SourceError> {
        let clock = Arc::clone(&self.clock);
        let Some((client, reading)) = self.open().await? else {
            return Err(SourceError(format!("{WHAT}: another node reads it now")));
        };
        let all: Vec<i64> = settled.iter().map(|(id, _)| *id).collect();
        let dead = settled.into_iter().filter_map(|(id, fate)| match fate {
            Fate::Accepted => None,
            Fate::Dead(reason) => Some((id, plain(&reason))),
        });
        let (ids, reasons): (Vec<i64>, Vec<String>) = dead.unzip();
        let parameters: [&(dyn ToSql + Sync); 3] = [&all, &ids, &reasons];
        let done = client.execute(&reading.settle, &parameters);
        within(&*clock, SOURCE_WAIT, WHAT, done).await.map(drop)
    }

    fn lag(&self) -> Lag {
        self.lag
    }

    fn reset(&mut self) {
        self.session = None;
    }
}

/// The reason in characters that every database can hold: it may quote the payload's own.
fn plain(reason: &str) -> String {
    let mut plain = String::with_capacity(reason.len());
    for c in reason.chars() {
        match c {
            ' '..='~' => plain.push(c),
            _ => plain.extend(c.escape_unicode()),
        }
    }
    plain
}
