mod create;
mod delayed;
mod expunge;
mod get;
mod idempotent;
mod visible;

/// Where most tests here post.
pub(crate) const MESSAGES: &str = "/api/v1/app/acme/msg";
