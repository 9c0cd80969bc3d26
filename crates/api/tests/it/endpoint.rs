mod create;
mod delete;
mod headers;
mod patch;
mod pause;
mod recover;
mod secret;
mod send_example;
mod stats;
mod update;

/// What most tests here work on.
pub(crate) const ENDPOINTS: &str = "/api/v1/app/acme/endpoint";
