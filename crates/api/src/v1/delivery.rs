//! Deliveries: messages on their way to endpoints.

pub(crate) mod cancel;
pub(crate) mod list;
pub(crate) mod list_by_endpoint;
pub(crate) mod list_by_message;
pub(crate) mod resend;
pub(crate) mod stream;
pub(crate) mod wire;
