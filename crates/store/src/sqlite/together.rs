//! Writes that wait at the same moment share one transaction, so one commit and one sync.
//!
//! Each runs within a savepoint of its own: one that fails is undone alone. Only where SQLite itself gives the
//! whole transaction up (disk full, IO error), or cannot commit it, do all of them fail, and then nothing of
//! any of them is stored.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanfare_core::ports::store::{StoreError, StoreResult};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{store_error, wants_reopen};

/// Writes that share a transaction at most.
pub(super) const TOGETHER: usize = 64;

/// Why nothing was stored, and whether the file should be opened anew.
#[derive(Clone)]
pub(super) struct Fault {
    error: StoreError,
    pub(super) reopen: bool,
}

impl Fault {
    fn of(error: &rusqlite::Error) -> Self {
        Self { error: store_error(error), reopen: wants_reopen(error) }
    }
}

/// A write that waits for its transaction, runs, and waits for the commit.
pub(super) trait Write: Send {
    /// Runs within the transaction.
    fn run(&mut self, conn: &Connection) -> Result<(), Fault>;
    /// Tells the caller what it came to.
    fn settle(self: Box<Self>, committed: StoreResult<()>);
}

struct Waiting<W, T> {
    work: Option<W>,
    done: Option<StoreResult<T>>,
    reply: oneshot::Sender<StoreResult<T>>,
}

/// A write, and where its result will be once it is on disk.
pub(super) fn write<W, T>(work: W) -> (Box<dyn Write>, oneshot::Receiver<StoreResult<T>>)
where
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Waiting { work: Some(work), done: None, reply }), answer)
}

impl<W, T> Write for Waiting<W, T>
where
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, conn: &Connection) -> Result<(), Fault> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let done = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(done) => done.map_err(|error| Fault::of(&error)),
            Err(_) => {
                let error = StoreError::Broken("a store function panicked".to_owned());
                Err(Fault { error, reopen: true })
            }
        };
        let failed = done.as_ref().map(drop).map_err(Fault::clone);
        self.done = Some(done.map_err(|fault| fault.error));
        failed
    }

    fn settle(self: Box<Self>, committed: StoreResult<()>) {
        let result = match (self.done, committed) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Broken("a write was left out of its transaction".to_owned())),
        };
        // Nobody waits for the answer where the caller was dropped: that is no error.
        drop(self.reply.send(result));
    }
}

/// Runs the writes in one transaction and settles each. An error means that nothing of them is stored.
pub(super) fn perform(conn: &Connection, mut writes: Vec<Box<dyn Write>>) -> Result<(), Fault> {
    let committed = transaction(conn, &mut writes);
    if committed.is_err() && !conn.is_autocommit() {
        // Where even this fails, the caller opens the file anew.
        drop(conn.execute_batch("ROLLBACK"));
    }
    for write in writes {
        write.settle(committed.clone().map_err(|fault| fault.error));
    }
    committed
}

fn transaction(conn: &Connection, writes: &mut [Box<dyn Write>]) -> Result<(), Fault> {
    run(conn, "BEGIN IMMEDIATE")?;
    if let [alone] = writes {
        alone.run(conn)?;
        return run(conn, "COMMIT");
    }
    for write in writes {
        run(conn, "SAVEPOINT one")?;
        if let Err(fault) = write.run(conn) {
            if fault.reopen || conn.is_autocommit() {
                return Err(fault);
            }
            run(conn, "ROLLBACK TO one")?;
        }
        run(conn, "RELEASE one")?;
    }
    run(conn, "COMMIT")
}

fn run(conn: &Connection, sql: &str) -> Result<(), Fault> {
    let done = conn.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    done.map(drop).map_err(|error| Fault::of(&error))
}

#[cfg(test)]
mod tests;
