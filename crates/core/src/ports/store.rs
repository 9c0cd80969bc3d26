//! The Store port: what is durable. Small traits, named by need; each method is one transaction.
//!
//! Every query names the environment or application that it is about. Batch methods answer item by item:
//! no item ever fails its batch-mates; only a store that cannot commit fails them all, and then nothing
//! of the batch is stored.

mod activity;
mod applications;
mod deliveries;
mod environments;
mod inboxes;
mod lanes;
mod messages;
mod nodes;
mod page;
mod replay;
mod sessions;
mod upkeep;

pub use activity::*;
pub use applications::*;
pub use deliveries::*;
pub use environments::*;
pub use inboxes::*;
pub use lanes::*;
pub use messages::*;
pub use nodes::*;
pub use page::*;
pub use replay::*;
pub use sessions::*;
pub use upkeep::*;

use crate::name::ProfileName;

/// Why the store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot write now, and may again later: disk full, locked, connection lost. Nothing was stored
    /// unless `ambiguous`.
    #[error("the store cannot write now: {reason}")]
    Unavailable {
        /// What it said.
        reason: String,
        /// Whether the commit may have happened all the same (a connection lost while committing).
        ambiguous: bool,
    },
    /// What is stored does not make sense, or a statement is wrong: never tried again.
    #[error("the store is damaged or at odds with this version: {0}")]
    Broken(String),
    /// What is stored needs a profile that this process was started without.
    #[error(
        "{of} uses profile {profile}, which this server was started without: start it with --profiles DIR"
    )]
    ProfileUnknown {
        /// What uses it.
        of: String,
        /// Its name.
        profile: ProfileName,
    },
}

/// Shorthand for what store methods return.
pub type StoreResult<T> = Result<T, StoreError>;

/// All of the store's traits together.
pub trait Store:
    EnvironmentStore
    + ApplicationStore
    + MessageStore
    + DeliveryStore
    + ReplayStore
    + LaneStore
    + NodeStore
    + SessionStore
    + ActivityStore
    + InboxStore
    + UpkeepStore
{
}

impl<T> Store for T where
    T: EnvironmentStore
        + ApplicationStore
        + MessageStore
        + DeliveryStore
        + ReplayStore
        + LaneStore
        + NodeStore
        + SessionStore
        + ActivityStore
        + InboxStore
        + UpkeepStore
{
}
