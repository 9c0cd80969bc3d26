//! Messages: events that happened.

pub(crate) mod create;
pub(crate) mod expunge_content;
pub(crate) mod get;
pub(crate) mod list;
mod preview;
pub(crate) mod wire;
