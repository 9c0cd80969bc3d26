//! Where the store's synchronous functions run: the one place that knows of threads.
//!
//! Threaded: one thread writes, a few read, each with its own connection, fed by bounded channels. Inline:
//! one connection, used in the caller's thread, so that the simulator stays deterministic. A job that was
//! handed over runs to its end also when the future that waits for it is dropped.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use fanfare_core::ports::store::{StoreError, StoreResult};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{
    SqliteStore,
    fault::{store_error, wants_reopen},
    open::{Purpose, connect},
    together::{self, TOGETHER, Write},
};

/// Jobs that wait for a thread at most; more wait in their callers.
const JOBS: usize = 256;

/// What a thread does for somebody.
enum Job {
    /// A write, together with others that wait.
    Write(Box<dyn Write>),
    /// Anything else, by itself.
    Alone(Box<dyn FnOnce(&mut Worker) + Send>),
}

/// Writes that share a transaction, and what is done by itself after them.
type Round = (Vec<Box<dyn Write>>, Option<Box<dyn FnOnce(&mut Worker) + Send>>);

/// Runs jobs.
pub(super) enum Runner {
    /// Dropped in this order: the last connection to close moves the log into the file and removes it. Where
    /// several close at once, each sees another and none does.
    Threaded {
        readers: Threads,
        writer: Threads,
    },
    Inline(Box<Mutex<Worker>>),
}

/// A connection and what is needed to open it anew.
pub(super) struct Worker {
    path: PathBuf,
    purpose: Purpose,
    conn: Option<Connection>,
}

/// Threads that share one queue; dropped, they finish what is queued and end.
pub(super) struct Threads {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Runs `work` in one write transaction. When this returns `Ok`, what it wrote is on disk; when it
    /// returns an error, nothing was written.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let Runner::Threaded { writer, .. } = &self.runner else {
            let work = |conn: &mut Connection| in_transaction(conn, TransactionBehavior::Immediate, work);
            let written = self.runner.run(Purpose::Write, work);
            return match &self.slow_disk {
                Some(disk) => disk.write(&*self.clock, written).await,
                None => written.await,
            };
        };
        let (write, answer) = together::write(work);
        writer.send(Job::Write(write)).await?;
        answer.await.map_err(|_| ended())?
    }

    /// Runs `work` over one consistent view of the store.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.runner.run(Purpose::Read, |conn| in_transaction(conn, TransactionBehavior::Deferred, work)).await
    }

    /// Runs `work` on the writer's connection outside of any transaction.
    pub(super) async fn outside_transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.runner.run(Purpose::Write, work).await
    }
}

fn in_transaction<T>(
    conn: &mut Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let tx = conn.transaction_with_behavior(behavior)?;
    let value = work(&tx)?;
    tx.commit()?;
    Ok(value)
}

impl Runner {
    pub(super) fn inline(worker: Worker) -> Self {
        Self::Inline(Box::new(Mutex::new(worker)))
    }

    pub(super) fn threaded(writer: Worker, readers: usize) -> io::Result<Self> {
        let reader = |_| Worker { path: writer.path.clone(), purpose: Purpose::Read, conn: None };
        let readers = Threads::start("store-read", (0..readers).map(reader).collect())?;
        let writer = Threads::start("store-write", vec![writer])?;
        Ok(Self::Threaded { readers, writer })
    }

    async fn run<T: Send + 'static>(
        &self,
        purpose: Purpose,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let threads = match (self, purpose) {
            (Self::Threaded { writer, .. }, Purpose::Write) => writer,
            (Self::Threaded { readers, .. }, Purpose::Read) => readers,
            (Self::Inline(worker), _) => {
                return worker.lock().unwrap_or_else(PoisonError::into_inner).perform(work);
            }
        };
        let (reply, answer) = oneshot::channel();
        // Nobody waits for the answer where the caller was dropped: that is no error.
        threads.send(Job::Alone(Box::new(move |worker| drop(reply.send(worker.perform(work)))))).await?;
        answer.await.map_err(|_| ended())?
    }
}

fn ended() -> StoreError {
    StoreError::Broken("the store's threads have ended".to_owned())
}

impl Worker {
    pub(super) fn new(path: &Path, purpose: Purpose, conn: Connection) -> Self {
        Self { path: path.to_owned(), purpose, conn: Some(conn) }
    }

    /// Runs `work`. Neither a panic in it nor a failing disk makes the worker useless: what was begun is
    /// rolled back, and after an IO error the file is opened anew.
    fn perform<T>(&mut self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> StoreResult<T> {
        let conn = self.connection().map_err(|error| store_error(&error))?;
        let done = catch_unwind(AssertUnwindSafe(|| work(conn)));
        let settled = conn.is_autocommit();
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if wants_reopen(&error) || !settled {
                    self.conn = None;
                }
                Err(store_error(&error))
            }
            Err(_) => {
                self.conn = None;
                Err(StoreError::Broken("a store function panicked".to_owned()))
            }
        }
    }

    /// Runs writes in one transaction; like [`Self::perform`], it stays useful whatever happens.
    fn perform_together(&mut self, writes: Vec<Box<dyn Write>>) {
        match self.connection().map_err(|error| store_error(&error)) {
            Ok(conn) => {
                let done = together::perform(conn, writes);
                if !conn.is_autocommit() || done.is_err_and(|fault| fault.reopen) {
                    self.conn = None;
                }
            }
            Err(error) => writes.into_iter().for_each(|write| write.settle(Err(error.clone()))),
        }
    }

    /// Closes the connection; a writer moves what is in the log into the file first, and says so where it
    /// cannot. Another process that is at work in the file is not waited for: it does that when it closes.
    fn close(self) {
        let Some(conn) = self.conn.filter(|_| self.purpose == Purpose::Write) else { return };
        let moved = conn
            .busy_timeout(Duration::ZERO)
            .and_then(|()| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Err(error) = moved {
            tracing::warn!(%error, "the store keeps its write-ahead log: the next start goes on from it");
        }
    }

    fn connection(&mut self) -> rusqlite::Result<&mut Connection> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => connect(&self.path, self.purpose)?,
        };
        Ok(self.conn.insert(conn))
    }
}

impl Threads {
    /// Starts one thread per worker.
    fn start(name: &str, workers: Vec<Worker>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(JOBS);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(workers.len());
        for mut worker in workers {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some((writes, alone)) = next(&queue) {
                    if !writes.is_empty() {
                        worker.perform_together(writes);
                    }
                    if let Some(alone) = alone {
                        alone(&mut worker);
                    }
                }
                worker.close();
            };
            threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(work)?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    async fn send(&self, job: Job) -> StoreResult<()> {
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(job).await.map_err(|_| ended())
    }
}

/// The writes that wait now, up to the first job that is none.
fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Option<Round> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let mut job = queue.blocking_recv()?;
    let mut writes = Vec::new();
    loop {
        match job {
            Job::Alone(alone) => return Some((writes, Some(alone))),
            Job::Write(write) => writes.push(write),
        }
        if writes.len() >= TOGETHER {
            return Some((writes, None));
        }
        match queue.try_recv() {
            Ok(next) => job = next,
            Err(_) => return Some((writes, None)),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}
