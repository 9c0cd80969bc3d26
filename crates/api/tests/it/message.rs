mod create;
mod delayed;
mod expunge;
mod get;
mod idempotent;

/// Where most tests here post.
pub(crate) const MESSAGES: &str = "/api/v1/app/acme/msg";
