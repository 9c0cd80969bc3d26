//! Profiles: the wire formats that this server knows.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod render;
pub(crate) mod wire;
