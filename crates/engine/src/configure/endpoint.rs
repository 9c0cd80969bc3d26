//! Endpoints: what their owners can choose, and every way to change them.

mod auth;
mod change;
mod create;
mod draft;
mod headers;
mod rules;
mod secret;

pub use auth::AuthDraft;
pub use create::NewEndpoint;
pub use draft::{EndpointDraft, Userinfo};
pub use headers::is_sensitive;
pub use rules::warnings;

const WHAT: &str = "the endpoint";
const KEY: &str = "the endpoint's uid";

#[cfg(test)]
mod tests;
