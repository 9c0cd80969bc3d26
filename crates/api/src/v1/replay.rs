//! Replay jobs: deliveries chosen, counted, and sent again.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
mod wire;
