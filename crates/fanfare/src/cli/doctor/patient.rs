//! What the doctor looks at: the store of a data directory, or the one in a database.

use std::sync::Arc;

use anyhow::Result;
use fanfare_core::ports::{Clock, Store, store::StoreResult};
use fanfare_store::{
    postgres::{DatabaseUrl, PostgresStore},
    sqlite::{SqliteStore, WorkOwner},
};

use crate::{clock::SystemClock, config::Config, data_dir::DataDir, place::Place};

/// A store as it is, and what belongs to it.
pub(super) struct Patient {
    pub(super) config: Config,
    pub(super) body: Body,
    pub(super) clock: Arc<dyn Clock>,
}

/// The store itself.
pub(super) enum Body {
    /// A file in a data directory.
    File { dir: DataDir, store: SqliteStore },
    /// A database.
    Database { url: DatabaseUrl, store: Box<PostgresStore> },
}

impl Patient {
    /// Opens the store that is there, as it is.
    pub(super) async fn open(config: Config) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let body = match Place::existing(&config, &clock)? {
            Place::Directory(dir) => {
                let store = dir.open_to_inspect(2, Arc::clone(&clock))?;
                Body::File { dir, store }
            }
            Place::Database(options) => {
                let url = options.url.clone();
                Body::Database { url, store: Box::new(PostgresStore::open_to_inspect(*options).await?) }
            }
        };
        Ok(Self { config, body, clock })
    }

    pub(super) fn store(&self) -> &dyn Store {
        match &self.body {
            Body::File { store, .. } => store,
            Body::Database { store, .. } => &**store,
        }
    }

    /// Who has waiting deliveries in memory, or would have.
    pub(super) async fn work_owners(&self) -> StoreResult<Vec<WorkOwner>> {
        match &self.body {
            Body::File { store, .. } => store.work_owners().await,
            Body::Database { store, .. } => store.work_owners(self.clock.now()).await,
        }
    }

    /// Whether this is the check value of the store's master key; none where it has none yet.
    pub(super) async fn compare_master_key(&self, check_value: [u8; 32]) -> StoreResult<Option<bool>> {
        match &self.body {
            Body::File { store, .. } => store.compare_master_key(check_value).await,
            Body::Database { store, .. } => store.compare_master_key(check_value).await,
        }
    }

    /// What is wrong within the store.
    pub(super) async fn integrity_check(&self) -> StoreResult<Vec<String>> {
        match &self.body {
            Body::File { store, .. } => store.integrity_check().await,
            Body::Database { store, .. } => store.integrity_check().await,
        }
    }

    /// What it means that nothing is wrong within the store.
    pub(super) fn sound(&self) -> &'static str {
        match &self.body {
            Body::File { .. } => "every page and every index is sound",
            Body::Database { .. } => {
                "every delivery has its message, its lane, its place in order and its owner"
            }
        }
    }
}
