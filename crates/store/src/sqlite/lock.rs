//! The server's lock on a data directory: SQLite allows one server at a time, and this is what says so.
//!
//! An OS lock on an open file, so that it ends with its process, however that ends. Only `serve` takes it;
//! the commands that work beside a running server do not.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

/// Held by the one server of a data directory, until dropped.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

/// Why the lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server has it.
    #[error("another fanfare server is running on {}: stop it, or give this one another --data directory", .0.display())]
    Held(PathBuf),
    /// The directory or the lock file cannot be used.
    #[error("cannot use {} ({reason}): check that the directory exists and that this user may write to it", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

impl ServerLock {
    /// Takes the lock of the data directory `dir` without waiting.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|reason| LockError::Io { path: path.clone(), reason })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held(dir.to_owned())),
            Err(errno) => Err(LockError::Io { path, reason: errno.into() }),
        }
    }
}
