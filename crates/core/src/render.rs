//! Rendering: the exact request that a delivery sends, a pure function of its inputs.
//!
//! All that is the same for every message of a profile is prepared when the profile is loaded
//! ([`crate::profile`]); here the placeholders are filled in, the body is signed, and what could harm the
//! wire is refused.

mod body;
mod drops;
mod header;
mod lifecycle;
mod scan;
mod signature;
mod skeleton;
mod spread;
mod template;
mod value;

pub(crate) use body::{Body, Form};
pub(crate) use drops::Drops;
pub(crate) use header::{HeaderTemplate, is_token};
pub(crate) use lifecycle::lifecycle_payload;
pub(crate) use signature::{KeyChoice, Scheme, SignatureHeader};
pub(crate) use skeleton::{Member, Node, parse as parse_skeleton};
pub(crate) use template::{Piece, Template, TemplateError};
use value::Values;
#[cfg(test)]
pub(crate) use value::offered;
pub(crate) use value::{Place, TimeForm, Value};

use std::fmt;

use bytes::Bytes;
use url::Url;

use crate::{
    auth::Auth,
    delivery::Method,
    endpoint::{Credentials, Endpoint, EndpointKind},
    id::EndpointId,
    message::Message,
    profile::Profile,
    secret::Secret,
    time::Timestamp,
};

/// What a request is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a> {
    /// The wire format.
    pub profile: &'a Profile,
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// The endpoint's opened credentials.
    pub credentials: &'a Credentials,
    /// What it says.
    pub message: &'a Message,
    /// `attempt.timestamp`: when this attempt is made.
    pub now: Timestamp,
}

/// A request, complete but for what HTTP itself adds (`host`, `content-length`).
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub target: Target,
    /// The headers in order, with their letter case.
    pub headers: Vec<Header>,
    /// The body; what was signed is what is sent.
    pub body: Bytes,
    /// The number of the newest key that signed, if one did.
    pub key_number: Option<u32>,
}

/// One header line.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, in the letter case it is sent in.
    pub name: String,
    /// The value; it may hold a credential.
    pub value: Secret,
    /// Whether logs may show the value.
    pub sensitive: bool,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Over the network.
    Http(Url),
    /// To the built-in inbox of this process.
    Inbox(EndpointId),
}

/// Why a request could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The payload was erased.
    #[error("the payload of this message has been erased")]
    PayloadGone,
    /// Larger than the profile allows.
    #[error("the body has {size} bytes, more than the {cap} that the profile allows")]
    TooLarge {
        /// Bytes of the rendered body.
        size: usize,
        /// Bytes allowed.
        cap: usize,
    },
    /// Anything else: a header value with control characters, a key that cannot sign.
    #[error("{0}")]
    Invalid(String),
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}, {} bytes", self.method.as_str(), self.target, self.body.len())
    }
}

/// What stands in the place of a credential in logs.
const REDACTED: &str = "[redacted]";

/// Renders the request of one attempt.
pub fn render(rendering: &Rendering<'_>) -> Result<Request, RenderError> {
    let values = Values::of(rendering);
    let body = rendering.profile.wire.body.render(&values)?;
    let (size, cap) = (body.len(), rendering.profile.rules.size_cap.unwrap_or(usize::MAX));
    if size > cap {
        return Err(RenderError::TooLarge { size, cap });
    }
    let (headers, key_number) = header::headers(&values, &body)?;
    let method = rendering.profile.method(rendering.endpoint.method);
    Ok(Request { method, target: target(rendering.endpoint), headers, body, key_number })
}

/// Renders what logs may show of the request of one attempt: the values of sensitive headers, and a secret
/// that the profile puts in the body, read `[redacted]`. Signatures are the real ones.
pub fn render_redacted(rendering: &Rendering<'_>) -> Result<Request, RenderError> {
    let mut request = render(rendering)?;
    let mark = Secret::new(REDACTED);
    for header in request.headers.iter_mut().filter(|header| header.sensitive) {
        header.value = mark.clone();
    }
    if matches!(rendering.credentials.auth, Auth::OAuth2(_)) {
        // The transport adds it, last of all.
        let name = "Authorization".to_owned();
        request.headers.push(Header { name, value: mark.clone(), sensitive: true });
    }
    let body = &rendering.profile.wire.body;
    if body.shows_secret() {
        request.body = body.render(&Values::of(rendering).with_secret(&mark))?;
    }
    Ok(request)
}

fn target(endpoint: &Endpoint) -> Target {
    match endpoint.kind {
        EndpointKind::Http => Target::Http(endpoint.url.as_url().clone()),
        EndpointKind::Inbox => Target::Inbox(endpoint.id),
    }
}

#[cfg(test)]
mod tests;
