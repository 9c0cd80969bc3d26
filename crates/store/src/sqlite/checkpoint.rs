//! Moving the write-ahead log into the file, beside the writer and not in its way.
//!
//! A thread of its own copies the bulk while commits go on. As those append to the log meanwhile, the writer
//! itself then copies what little was added: only a log that is copied whole can be begun anew, and one that
//! never is would grow for as long as the load lasts.

use std::{
    cell::Cell,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use rusqlite::Connection;

use super::open::{Purpose, connect};

/// Pages in the log from which it is worth copying: 16 MiB.
const WORTH_COPYING: i32 = 4_000;

/// Nothing is under way.
const IDLE: u8 = 0;
/// The thread is copying.
const COPYING: u8 = 1;
/// The thread has copied; the writer is to copy the rest.
const COPIED: u8 = 2;

thread_local! {
    /// Pages in the log after this thread's last commit.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// Makes a connection note how long the log is after each of its commits, instead of copying it then.
pub(super) fn note_log_pages(conn: &Connection) {
    conn.wal_hook(Some(|_, pages| {
        LOG_PAGES.set(pages);
        Ok(())
    }));
}

/// The thread that copies. It ends when its [`Turn`] is gone.
pub(super) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
}

/// The writer's side of it.
pub(super) struct Turn {
    state: Arc<AtomicU8>,
    wake: mpsc::SyncSender<()>,
}

impl Checkpointer {
    /// Starts the thread for the store at `path`.
    pub(super) fn start(path: &Path) -> io::Result<(Self, Turn)> {
        let (wake, woken) = mpsc::sync_channel(1);
        let state = Arc::new(AtomicU8::new(IDLE));
        let turn = Turn { state: Arc::clone(&state), wake };
        let path = path.to_owned();
        let work = move || {
            while woken.recv().is_ok() {
                state.store(if copy_anew(&path) { COPIED } else { IDLE }, Ordering::Release);
            }
        };
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned()).spawn(work)?;
        Ok((Self { thread: Some(thread) }, turn))
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoint thread of the store panicked");
        }
    }
}

impl Turn {
    /// What the writer does after each piece of work.
    pub(super) fn after_work(&self, conn: Option<&Connection>) {
        match (self.state.load(Ordering::Acquire), conn) {
            (IDLE, _) if LOG_PAGES.get() >= WORTH_COPYING => {
                self.state.store(COPYING, Ordering::Release);
                // A full channel cannot be: it has one place, and only one copying is asked for at a time.
                if self.wake.try_send(()).is_err() {
                    tracing::error!("the checkpoint thread of the store has ended");
                }
            }
            (COPIED, Some(conn)) => {
                copy(conn);
                // The next commit says how long the log is then.
                LOG_PAGES.set(0);
                self.state.store(IDLE, Ordering::Release);
            }
            _ => {}
        }
    }
}

/// Copies on a connection opened for it: what is cached between two copies would be stale anyway.
fn copy_anew(path: &Path) -> bool {
    match connect(path, Purpose::Write) {
        Ok(conn) => copy(&conn),
        Err(error) => {
            tracing::warn!(%error, "cannot open the store for a checkpoint");
            false
        }
    }
}

/// Copies what no reader holds back, without waiting for anybody; answers whether that went well.
fn copy(conn: &Connection) -> bool {
    let copied = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    // A full disk: the log holds everything, and the next time may do better.
    if let Err(error) = &copied {
        tracing::warn!(%error, "cannot move the write-ahead log of the store into its file");
    }
    copied.is_ok()
}
