mod auth;
mod create;
mod delete;
mod filter;
mod headers;
mod operator;
mod patch;
mod pause;
mod ping;
mod profile;
mod recover;
mod scope;
mod secret;
mod send_example;
mod stats;
mod subscription;
mod update;

/// What most tests here work on.
pub(crate) const ENDPOINTS: &str = "/api/v1/app/acme/endpoint";
