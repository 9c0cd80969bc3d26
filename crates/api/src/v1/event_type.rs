//! Event types: the catalogue of the environment.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod schema;
pub(crate) mod update;
pub(crate) mod wire;
