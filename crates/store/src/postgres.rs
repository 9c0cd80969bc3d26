//! The Store port on PostgreSQL, 15 or later: one database for as many nodes as wanted.
//!
//! All SQL stands in plain async functions over a transaction ([`connection::Tx`]) that their caller began;
//! only [`connection`] knows of the pool, of retries and of what a lost connection means. Hot statements work
//! on whole batches, as arrays.
//!
//! What keeps concurrent transactions right, in the order in which each takes its locks:
//! 1. [`guards`]: a change of configuration is before or after an accept or an outcome, never in between;
//! 2. the lanes' rows, in the order of their keys: whoever makes a delivery wait unowned, or changes who is
//!    first of an ordering key, holds the lane's row before it looks at deliveries;
//! 3. deliveries, in the order of their keys.

mod activity;
mod applications;
mod audit;
mod books;
mod columns;
mod connection;
mod copy;
mod deliveries;
mod environments;
mod fault;
mod guards;
mod hints;
mod inboxes;
mod inspect;
mod lanes;
mod messages;
mod nodes;
mod open;
mod page;
mod partitions;
mod query;
mod replays;
mod sessions;
mod superseding;
mod tls;
mod upkeep;
mod url;
mod waiting;

use std::sync::Arc;

use fanfare_core::ports::Clock;

pub use inspect::{DatabaseSizes, WorkOwner};
pub use open::{OpenError, OpenOptions};
pub use url::{DatabaseUrl, InvalidUrl};

/// The store in one PostgreSQL database.
pub struct PostgresStore {
    clock: Arc<dyn Clock>,
    connections: connection::Connections,
    hints: hints::Hints,
    /// The database for people, without its password.
    shown: String,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresStore {}", self.shown)
    }
}
