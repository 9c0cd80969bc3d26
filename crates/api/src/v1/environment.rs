//! The environment that the caller's key belongs to.

pub(crate) mod get_portal;
pub(crate) mod update_portal;
pub(crate) mod wire;
