//! Endpoints: what their owners can choose, and every way to change them.

mod change;
mod create;
mod draft;
mod headers;
mod secret;

pub use create::NewEndpoint;
pub use draft::{EndpointDraft, Userinfo};
pub use headers::is_sensitive;

const WHAT: &str = "the endpoint";
const KEY: &str = "the endpoint's uid";

#[cfg(test)]
mod tests;
