//! The pages of one application: in the portal for its own customer, in the console for operators.

pub(crate) mod access;
pub(crate) mod endpoint;
pub(crate) mod endpoints;
pub(crate) mod events;
mod explain;
mod fields;
pub(crate) mod inbox;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod messages;
pub(crate) mod receiving;
pub(crate) mod recover;
pub(crate) mod replays;
mod request;
pub(crate) mod test;

pub(crate) use message::readable;
