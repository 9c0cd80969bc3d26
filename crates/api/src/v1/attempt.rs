//! Attempts: single HTTP requests of deliveries.

pub(crate) mod expunge_content;
pub(crate) mod get;
pub(crate) mod get_request;
pub(crate) mod list_by_endpoint;
pub(crate) mod list_by_message;
pub(crate) mod wire;
