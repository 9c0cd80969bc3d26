//! The data directory: the store's file, the lock, the master key; readable by nobody else.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail};
use fanfare_core::{
    ports::{Clock, Entropy, Store},
    secret::MasterKey,
};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};

use crate::config::{self, Config};

const OWNER_ONLY_DIR: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;
const PUT_BACK: &str = "put back the one that belongs to this store, or give its key with --master-key-file or FANFARE_MASTER_KEY";

/// Where a master key came from.
enum Origin {
    /// From the file or the variable that the configuration names.
    Given,
    /// From the data directory.
    Found,
    /// Made just now.
    Made,
}

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory, made if it is not there.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let made = fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIR).create(path);
        made.map_err(|error| cannot_make(path, &error))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The directory of a store that is there already.
    pub(crate) fn existing(path: &Path) -> Result<Self> {
        let dir = Self { path: path.to_owned() };
        let found = dir.store_file().try_exists();
        match found.with_context(|| format!("cannot look into the data directory {}", path.display()))? {
            true => Ok(dir),
            false => bail!("there is no store in {}: name its directory with --data", path.display()),
        }
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

    /// Opens the store to look at it and change nothing, beside whatever else has it open.
    pub(crate) fn open_to_inspect(&self, readers: usize, clock: Arc<dyn Clock>) -> Result<SqliteStore> {
        Ok(SqliteStore::open_to_inspect(OpenOptions { path: self.store_file(), readers, clock })?)
    }

    /// The master key: the one given, else the directory's own, which the first start makes. An error if it
    /// is not the one that the store's secrets are sealed with.
    pub(crate) async fn master_key(
        &self,
        config: &Config,
        store: &dyn Store,
        entropy: &dyn Entropy,
    ) -> Result<MasterKey> {
        let file = self.master_key_file();
        let (key, origin) = match config.master_key.given()? {
            Some(key) => (key, Origin::Given),
            None if file.exists() => (config::read_master_key(&file)?, Origin::Found),
            None => (self.make_master_key(entropy)?, Origin::Made),
        };
        if store.check_master_key(key.check_value()).await? {
            return Ok(key);
        }
        let (file, store) = (file.display(), self.path.display());
        match origin {
            Origin::Given => {
                bail!("the master key that was given is not the one that the store in {store} was made with")
            }
            Origin::Found => bail!(
                "the master key in {file} is not the one that the store in {store} was made with: {PUT_BACK}"
            ),
            Origin::Made => {
                // Whoever puts the right one back must not find a wrong one in its place.
                fs::remove_file(self.master_key_file()).context("cannot remove the new master key")?;
                bail!("{file} is missing: {PUT_BACK}")
            }
        }
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

fn cannot_make(path: &Path, error: &io::Error) -> anyhow::Error {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            anyhow!("the data directory {path} cannot be made, a file is in its way: choose another --data")
        }
        _ => anyhow!("cannot make the data directory {path} ({error}): choose another --data"),
    }
}

#[cfg(test)]
mod tests;
