//! Where the store is: in a data directory or in a database; how it is opened there, and with which master key.

use std::sync::Arc;

use anyhow::{Result, bail};
use fanfare_core::{
    ports::{Clock, Entropy, Store},
    secret::MasterKey,
};
use fanfare_store::{
    postgres::{OpenOptions, PostgresStore},
    sqlite::ServerLock,
};

use crate::{config::Config, data_dir::DataDir};

/// What is said where a database's master key is missing.
pub(crate) const NO_KEY: &str = "a store in a database needs its master key: give FANFARE_MASTER_KEY (32 bytes in base64, made by \
    `openssl rand -base64 32`) or --master-key-file, the same for every node and command";

/// Where the store is.
pub(crate) enum Place {
    /// In this directory, for one server.
    Directory(DataDir),
    /// In a PostgreSQL database, for any number of nodes.
    Database(Box<OpenOptions>),
}

impl Place {
    /// The place that the configuration names; a directory is made if it is not there.
    pub(crate) fn made(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self> {
        Self::of(config, clock, |config| DataDir::create(config.store.directory()))
    }

    /// The place that the configuration names, where a directory must hold a store already.
    pub(crate) fn existing(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self> {
        Self::of(config, clock, |config| DataDir::existing(config.store.directory()))
    }

    fn of(
        config: &Config,
        clock: &Arc<dyn Clock>,
        directory: impl FnOnce(&Config) -> Result<DataDir>,
    ) -> Result<Self> {
        let Some(url) = &config.store.database_url else { return directory(config).map(Self::Directory) };
        if let Some(data) = &config.store.data {
            bail!(
                "both a data directory ({}) and a database ({url}) are given: leave one of them out",
                data.display()
            );
        }
        Ok(Self::Database(Box::new(config.database.options(url.clone(), Arc::clone(clock)))))
    }

    /// Locks a directory for one server; a database needs no lock.
    pub(crate) fn lock(&self) -> Result<Option<ServerLock>> {
        match self {
            Self::Directory(dir) => Ok(Some(ServerLock::acquire(dir.path())?)),
            Self::Database(_) => Ok(None),
        }
    }

    /// Opens the store, beside whoever else has it open. A file is read by so many threads.
    pub(crate) async fn open(&self, readers: usize, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>> {
        match self {
            Self::Directory(dir) => Ok(Arc::new(dir.open(readers, clock)?)),
            Self::Database(options) => Ok(Arc::new(PostgresStore::open((**options).clone()).await?)),
        }
    }

    /// Opens the store with its master key. An error if that is not the one that the store's secrets are sealed
    /// with.
    pub(crate) async fn open_with_key(
        &self,
        config: &Config,
        readers: usize,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> Result<(Arc<dyn Store>, MasterKey)> {
        match self {
            Self::Directory(dir) => {
                let store = self.open(readers, clock).await?;
                let key = dir.master_key(config, &*store, entropy).await?;
                Ok((store, key))
            }
            Self::Database(options) => {
                // Before anything is made there.
                let Some(key) = config.master_key.given()? else { bail!(NO_KEY) };
                let store = self.open(readers, clock).await?;
                if !store.check_master_key(key.check_value()).await? {
                    let url = &options.url;
                    bail!(
                        "the master key that was given is not the one that the store in {url} was made with"
                    );
                }
                Ok((store, key))
            }
        }
    }
}
