//! Endpoints: URLs of customers, what they want, and how they are called.

mod changed;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod get_headers;
pub(crate) mod get_secret;
pub(crate) mod get_stats;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod patch_headers;
pub(crate) mod pause;
pub(crate) mod ping;
pub(crate) mod recover;
pub(crate) mod resume;
pub(crate) mod rotate_secret;
pub(crate) mod send_example;
pub(crate) mod update;
pub(crate) mod update_headers;
pub(crate) mod wire;
