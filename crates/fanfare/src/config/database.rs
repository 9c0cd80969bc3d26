//! `[database]`: how a node uses the PostgreSQL database that `[store]` names.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use fanfare_core::ports::Clock;
use fanfare_store::postgres::{DatabaseUrl, OpenOptions};
use serde::Deserialize;

/// How a node uses its database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DatabaseConfig {
    /// Connections at most.
    pool: NonZeroU16,
    /// Seconds that PostgreSQL may work on one statement.
    statement_timeout: NonZeroU16,
    /// Seconds that a connection may take to come about.
    connect_timeout: NonZeroU16,
    /// Whether a PgBouncer in transaction mode stands in between, where the URL does not say so.
    pgbouncer: bool,
}

impl DatabaseConfig {
    /// How to open the store at `url`.
    pub(crate) fn options(&self, url: DatabaseUrl, clock: Arc<dyn Clock>) -> OpenOptions {
        OpenOptions {
            pool: usize::from(self.pool.get()),
            statement_timeout: Duration::from_secs(self.statement_timeout.get().into()),
            connect_timeout: Duration::from_secs(self.connect_timeout.get().into()),
            pgbouncer: self.pgbouncer,
            ..OpenOptions::new(url, clock)
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        let number = |number| NonZeroU16::new(number).expect("not zero");
        Self { pool: number(8), statement_timeout: number(30), connect_timeout: number(5), pgbouncer: false }
    }
}
