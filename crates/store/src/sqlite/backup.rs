//! Copying the store while it is in use.

use std::path::{Path, PathBuf};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{
    SqliteStore,
    open::{Purpose, connect},
};

/// Why a backup was not made; what was begun is removed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file already.
    #[error("{} exists already: give another name, or remove it", .0.display())]
    Exists(PathBuf),
    /// The store could not be read, or the copy not written.
    #[error("the backup to {} failed ({reason}): check that the directory exists and that the disk is not full", .path.display())]
    Failed {
        /// The copy.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

/// Pages copied between two calls of the progress function: 4 MiB.
const PAGES: i32 = 1024;

impl SqliteStore {
    /// Copies the store to a new file, consistent as of one moment, while others go on writing. Blocks its
    /// thread. `progress` hears pages done and pages in all.
    pub fn backup(&self, to: &Path, progress: impl FnMut(u64, u64)) -> Result<(), BackupError> {
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        copy(&self.path, to, progress).map_err(|error| {
            let removed = std::fs::remove_file(to);
            if let Err(left) = removed.as_ref()
                && left.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(path = %to.display(), error = %left, "cannot remove the unfinished backup");
            }
            BackupError::Failed { path: to.to_owned(), reason: error.to_string() }
        })
    }
}

fn copy(from: &Path, to: &Path, mut progress: impl FnMut(u64, u64)) -> rusqlite::Result<()> {
    let from = connect(from, Purpose::Read)?;
    // One read transaction over the whole copy: else every commit beside it would begin it anew.
    from.execute_batch("BEGIN")?;
    from.query_row("SELECT version FROM books", [], |_| Ok(()))?;
    let mut target = Connection::open(to)?;
    let backup = Backup::new(&from, &mut target)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => break,
            // The source is a snapshot of ours and the target is ours alone: nobody to wait for.
            StepResult::Busy | StepResult::Locked => {
                return Err(super::fault::broken("the file is locked by another process"));
            }
            _ => {
                let state = backup.progress();
                let (left, total) =
                    (state.remaining.max(0).unsigned_abs(), state.pagecount.max(0).unsigned_abs());
                progress(u64::from(total - left.min(total)), u64::from(total));
            }
        }
    }
    drop(backup);
    target.close().map_err(|(_, error)| error)
}
