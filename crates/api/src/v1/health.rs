//! Whether the server answers; no key needed.

pub(crate) mod get;
pub(crate) mod ping;
