//! The data directory: the store's file, the lock, the master key; readable by nobody else.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use fanfare_core::{
    ports::{Clock, Entropy, Store},
    secret::MasterKey,
};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};

use crate::config::{self, Config};

const OWNER_ONLY_DIR: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory, made if it is not there.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let made = fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIR).create(path);
        made.with_context(|| format!("cannot make the data directory {}", path.display()))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The directory of a store that is there already.
    pub(crate) fn existing(path: &Path) -> Result<Self> {
        let dir = Self { path: path.to_owned() };
        if !dir.store_file().exists() {
            bail!("there is no store in {}: name its directory with --data", path.display());
        }
        Ok(dir)
    }

    /// The directory's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The store's file.
    pub(crate) fn store_file(&self) -> PathBuf {
        self.path.join("fanfare.db")
    }

    /// The master key's file, unless another one was given.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.path.join("master.key")
    }

    /// Opens the store, beside whatever else has it open.
    pub(crate) fn open(&self, readers: usize, clock: Arc<dyn Clock>) -> Result<SqliteStore> {
        Ok(SqliteStore::open(OpenOptions { path: self.store_file(), readers, clock })?)
    }

    /// The master key: the one given, else the directory's own, which the first start makes. An error if it
    /// is not the one that the store's secrets are sealed with.
    pub(crate) async fn master_key(
        &self,
        config: &Config,
        store: &dyn Store,
        entropy: &dyn Entropy,
    ) -> Result<MasterKey> {
        let (key, made) = match config.master_key.given()? {
            Some(key) => (key, false),
            None if self.master_key_file().exists() => {
                (config::read_master_key(&self.master_key_file())?, false)
            }
            None => (self.make_master_key(entropy)?, true),
        };
        if store.check_master_key(key.check_value()).await? {
            return Ok(key);
        }
        if made {
            // Whoever puts the right one back must not find a wrong one in its place.
            fs::remove_file(self.master_key_file()).context("cannot remove the new master key")?;
            let file = self.master_key_file();
            bail!(
                "{} is missing: put back the one that belongs to this store, or give its key with \
                 --master-key-file or FANFARE_MASTER_KEY",
                file.display()
            );
        }
        bail!("this is not the master key that the store in {} was made with", self.path.display())
    }

    fn make_master_key(&self, entropy: &dyn Entropy) -> Result<MasterKey> {
        let key = MasterKey::generate(entropy);
        let path = self.master_key_file();
        let mut options = fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(OWNER_ONLY_FILE).open(&path);
        let write = |mut file: fs::File| {
            writeln!(file, "{}", key.to_base64().reveal())?;
            // On disk before anything is sealed with it, and so is its name.
            file.sync_all()?;
            fs::File::open(&self.path)?.sync_all()
        };
        made.and_then(write)
            .with_context(|| format!("cannot write the master key file {}", path.display()))?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
