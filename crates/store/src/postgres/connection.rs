//! Where the store's functions run: connections, transactions, tries. The one place that knows of the pool.
//!
//! A function gets a transaction whose `BEGIN` is sent together with its first statement. Where two
//! transactions collide, or a connection turns out dead before anything could be committed, the function runs
//! again in a new transaction. A connection lost while committing is never tried again: nobody knows then
//! whether it happened. Dropping the future of a transaction closes its connection, which undoes it.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use fanfare_core::ports::{Clock, Monotonic, store::StoreError};
use futures::{
    StreamExt as _,
    future::{Either, join, select},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Row, Statement, types::Type};

use super::{
    PostgresStore,
    fault::{Done, Fault, Kind},
    query::Value,
};

/// How often a transaction is begun before its caller hears of what stands in its way: another transaction, or
/// a dead connection; nor longer than one statement may take. As many connections may be dead as the pool has.
const TRIES: usize = 20;
/// What is waited for an answer beyond the time that PostgreSQL itself gives a statement.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to one database.
pub(super) struct Connections {
    pub(super) pool: Pool,
    /// One connection, that renewing a lease never waits for others.
    pub(super) renewals: Pool,
    /// How many of the pool's connections may read what somebody looks at.
    pub(super) readers: Arc<Semaphore>,
    pub(super) clock: Arc<dyn Clock>,
    /// Statements are never named: a pooler in between may give each transaction another connection.
    pub(super) unnamed: bool,
    pub(super) statement_timeout: Duration,
}

/// Where a transaction gets its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Pool,
    Readers,
    Renewals,
}

/// A transaction: what begins with it and is not committed never happened.
pub(super) struct Tx {
    /// Taken where the connection must not be used again.
    client: Option<Object>,
    /// The place among the readers, where it is one.
    _reader: Option<OwnedSemaphorePermit>,
    clock: Arc<dyn Clock>,
    unnamed: bool,
    /// Sent with the first statement.
    begin: String,
    begun: AtomicBool,
    /// Whether the connection can be used by others after this transaction.
    sound: AtomicBool,
    /// How long an answer may take; nothing for as long as it takes.
    patience: Option<Duration>,
}

/// Runs `$work`, whose value is a [`Done`], in a transaction of `$tries`; in another one where it collides with
/// a third. Gives a `StoreResult`: where it is `Ok`, what was written is on disk; where it is an error that is
/// not ambiguous, nothing was written.
///
/// A macro, not a function of a closure: whether a future that borrows can change threads is not seen through
/// such a closure.
macro_rules! transaction {
    ($tries:expr, |$tx:ident| $work:expr) => {{
        let mut tries = $tries;
        loop {
            let done = match tries.begin().await {
                Ok(begun) => {
                    let done = {
                        let $tx = &begun;
                        $crate::postgres::connection::work(async { $work }).await
                    };
                    tries.settle(begun, done).await
                }
                Err(failed) => Err(failed),
            };
            match done {
                Ok(value) => break Ok(value),
                Err(failed) => {
                    if let Some(error) = tries.give_up(&failed) {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(super) use transaction;

/// Says what the work of a transaction comes to.
pub(super) async fn work<T>(work: impl Future<Output = Done<T>>) -> Done<T> {
    work.await
}

const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl PostgresStore {
    /// Transactions that write; see [`transaction`].
    pub(super) fn writing(&self) -> Tries<'_> {
        self.connections.tries(Place::Pool, "BEGIN", self.connections.patience())
    }

    /// The same for what counts or changes very much and may take its time.
    pub(super) fn writing_at_length(&self) -> Tries<'_> {
        self.connections.tries(Place::Pool, "BEGIN", None)
    }

    /// Those that renew a lease.
    pub(super) fn renewing(&self) -> Tries<'_> {
        self.connections.tries(Place::Renewals, "BEGIN", self.connections.patience())
    }

    /// Transactions that see one consistent view of the store, and change nothing: what somebody looks at. Only
    /// so many at once that deliveries go on.
    pub(super) fn reading(&self) -> Tries<'_> {
        self.connections.tries(Place::Readers, READ, self.connections.patience())
    }

    /// The same for what deliveries cannot go on without.
    pub(super) fn reading_at_once(&self) -> Tries<'_> {
        self.connections.tries(Place::Pool, READ, self.connections.patience())
    }

    /// The same for what reads very much and may take its time.
    pub(super) fn reading_at_length(&self) -> Tries<'_> {
        self.connections.tries(Place::Readers, READ, None)
    }
}

/// The transactions in which one piece of work is tried.
pub(super) struct Tries<'c> {
    connections: &'c Connections,
    place: Place,
    begin: &'static str,
    patience: Option<Duration>,
    begun: usize,
    first: Monotonic,
}

impl Tries<'_> {
    pub(super) async fn begin(&mut self) -> Result<Tx, Failed> {
        self.begun += 1;
        self.connections.begin(self.place, self.begin, self.patience).await.map_err(Failed::before)
    }

    /// Commits work that was done, undoes what failed.
    pub(super) async fn settle<T>(&self, mut tx: Tx, done: Done<T>) -> Result<T, Failed> {
        match done {
            Ok(value) => match tx.commit().await {
                Ok(()) => Ok(value),
                Err(fault) => Err(Failed { fault, committing: true }),
            },
            Err(fault) => {
                tx.roll_back(&fault).await;
                Err(Failed::before(fault))
            }
        }
    }

    /// What the caller hears of it; nothing where another try may do.
    pub(super) fn give_up(&self, Failed { fault, committing }: &Failed) -> Option<StoreError> {
        let again = match fault.kind() {
            Kind::Collision => true,
            Kind::Lost => !committing,
            Kind::Passing | Kind::Lasting => false,
        };
        let took = self.connections.clock.monotonic().since(self.first);
        let in_time = self.patience.is_none_or(|patience| took < patience);
        if again && in_time && self.begun < TRIES {
            tracing::debug!(%fault, "a transaction begins anew");
            return None;
        }
        let ambiguous = *committing && fault.kind() != Kind::Collision;
        Some(fault.store_error(ambiguous))
    }
}

impl Connections {
    pub(super) fn patience(&self) -> Option<Duration> {
        Some(self.statement_timeout + PATIENCE)
    }

    fn tries(&self, place: Place, begin: &'static str, patience: Option<Duration>) -> Tries<'_> {
        Tries { connections: self, place, begin, patience, begun: 0, first: self.clock.monotonic() }
    }

    /// A place among the readers, waited for as long as for a connection.
    async fn reader(&self) -> Done<OwnedSemaphorePermit> {
        let free = pin!(Arc::clone(&self.readers).acquire_owned());
        match select(free, self.clock.sleep(self.statement_timeout)).await {
            Either::Left((Ok(reader), _)) => Ok(reader),
            Either::Left((Err(_), _)) | Either::Right(_) => {
                Err(Fault::NoConnection("too much is read at once to read more".to_owned()))
            }
        }
    }

    /// A transaction on a connection of the pool. It begins with its first statement.
    pub(super) async fn begin(&self, place: Place, begin: &str, patience: Option<Duration>) -> Done<Tx> {
        let reader = if place == Place::Readers { Some(self.reader().await?) } else { None };
        let pool = if place == Place::Renewals { &self.renewals } else { &self.pool };
        let client = Some(pool.get().await?);
        let timeout = match patience {
            None => Some(0),
            Some(_) if self.unnamed => Some(self.statement_timeout.as_millis()),
            Some(_) => None,
        };
        let begin = match timeout {
            Some(millis) => format!("{begin}; {}", settings(millis)),
            None => begin.to_owned(),
        };
        let (begun, sound) = (AtomicBool::new(false), AtomicBool::new(true));
        Ok(Tx {
            client,
            _reader: reader,
            clock: Arc::clone(&self.clock),
            unnamed: self.unnamed,
            begin,
            begun,
            sound,
            patience,
        })
    }
}

/// The settings of a transaction where those of the connection do not do, or cannot be made.
fn settings(timeout: u128) -> String {
    format!(
        "SET LOCAL statement_timeout = {timeout}; SET LOCAL plan_cache_mode = force_custom_plan; \
         SET LOCAL jit = off; \
         SET LOCAL client_min_messages = warning; \
         SET LOCAL idle_in_transaction_session_timeout = {}",
        super::open::IDLE_IN_TRANSACTION.as_millis()
    )
}

/// Why a transaction did not happen, or may not have.
pub(super) struct Failed {
    fault: Fault,
    committing: bool,
}

impl Failed {
    fn before(fault: Fault) -> Self {
        Self { fault, committing: false }
    }
}

impl Tx {
    /// Runs a statement and reads all its rows.
    pub(super) async fn rows(&self, sql: &str, values: &[Value]) -> Done<Vec<Row>> {
        let mut all = Vec::new();
        let visit = |row: Row| {
            all.push(row);
            Ok(true)
        };
        self.stream(sql, values, visit).await?;
        Ok(all)
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) async fn run(&self, sql: &str, values: &[Value]) -> Done<u64> {
        let client = self.client()?;
        let statement = self.statement(client, sql, values).await?;
        let run = async {
            Ok(match &statement {
                Some(statement) => client.execute_raw(statement, parameters(values)).await?,
                None => client.execute_typed(sql, &typed(values)).await?,
            })
        };
        self.answered(self.after_begin(client, run)).await
    }

    /// Runs a statement and shows `visit` row after row while it says yes; tells whether it has seen all. What
    /// it has not seen is not read either: then the connection is of no use to others.
    pub(super) async fn walk(
        &self,
        sql: &str,
        values: &[Value],
        mut visit: impl FnMut(&Row) -> Done<bool>,
    ) -> Done<bool> {
        let all = self.stream(sql, values, |row| visit(&row)).await?;
        if !all {
            self.sound.store(false, Ordering::Relaxed);
        }
        Ok(all)
    }

    /// Runs statements without values, one after the other.
    pub(super) async fn script(&self, sql: &str) -> Done<()> {
        let client = self.client()?;
        let run = async { Ok(client.batch_execute(sql).await?) };
        self.answered(self.after_begin(client, run)).await
    }

    async fn stream(
        &self,
        sql: &str,
        values: &[Value],
        mut visit: impl FnMut(Row) -> Done<bool>,
    ) -> Done<bool> {
        let client = self.client()?;
        let statement = self.statement(client, sql, values).await?;
        let read = async {
            let rows = match &statement {
                Some(statement) => client.query_raw(statement, parameters(values)).await?,
                None => {
                    let typed = values.iter().map(|value| (value.parameter(), value.kind().clone()));
                    client.query_typed_raw(sql, typed).await?
                }
            };
            let mut rows = pin!(rows);
            while let Some(row) = rows.next().await {
                if !visit(row?)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        self.answered(self.after_begin(client, read)).await
    }

    fn client(&self) -> Done<&Object> {
        self.client.as_ref().ok_or_else(|| Fault::NoConnection("this connection was given up".to_owned()))
    }

    /// The prepared statement, where there are such. To prepare one needs no transaction.
    async fn statement(&self, client: &Object, sql: &str, values: &[Value]) -> Done<Option<Statement>> {
        if self.unnamed {
            return Ok(None);
        }
        let kinds: Vec<Type> = values.iter().map(|value| value.kind().clone()).collect();
        let prepare = async { Ok(client.prepare_typed_cached(sql, &kinds).await?) };
        self.answered(prepare).await.map(Some)
    }

    /// Runs a statement, behind `BEGIN` where it is the first; both are on their way before an answer comes.
    async fn after_begin<T>(&self, client: &Object, run: impl Future<Output = Done<T>>) -> Done<T> {
        if self.begun.swap(true, Ordering::Relaxed) {
            return run.await;
        }
        let (begun, value) = join(client.batch_execute(&self.begin), run).await;
        begun?;
        value
    }

    /// Waits for an answer, not forever: a network that swallows everything does not say so.
    async fn answered<T>(&self, answer: impl Future<Output = Done<T>>) -> Done<T> {
        let Some(patience) = self.patience else { return answer.await };
        match select(pin!(answer), self.clock.sleep(patience)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                self.sound.store(false, Ordering::Relaxed);
                Err(Fault::Silent(patience))
            }
        }
    }

    /// Commits what was begun by hand.
    pub(super) async fn finish(mut self) -> Done<()> {
        self.commit().await
    }

    async fn commit(&mut self) -> Done<()> {
        if !self.begun.load(Ordering::Relaxed) {
            return Ok(());
        }
        let client = self.client()?;
        self.answered(async { Ok(client.batch_execute("COMMIT").await?) }).await?;
        self.begun.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Undoes what was begun. A connection where that cannot be had is closed, which does the same.
    async fn roll_back(&mut self, because: &Fault) {
        let usable = because.kind() != Kind::Lost && self.sound.load(Ordering::Relaxed);
        if !usable || !self.begun.load(Ordering::Relaxed) {
            return;
        }
        let Ok(client) = self.client() else { return };
        match self.answered(async { Ok(client.batch_execute("ROLLBACK").await?) }).await {
            Ok(()) => self.begun.store(false, Ordering::Relaxed),
            Err(fault) => tracing::debug!(%fault, "a connection is closed: it could not roll back"),
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let settled = !self.begun.load(Ordering::Relaxed) && self.sound.load(Ordering::Relaxed);
        if !settled && let Some(client) = self.client.take() {
            // Closed instead of going back to the pool.
            drop(Object::take(client));
        }
    }
}

fn parameters(values: &[Value]) -> impl ExactSizeIterator<Item = &(dyn tokio_postgres::types::ToSql + Sync)> {
    values.iter().map(Value::parameter)
}

fn typed(values: &[Value]) -> Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> {
    values.iter().map(|value| (value.parameter(), value.kind().clone())).collect()
}
