//! Rendering: the exact request that a delivery sends, a pure function of its inputs.

use std::fmt;

use bytes::Bytes;
use url::Url;

use crate::{
    delivery::Method,
    endpoint::{Credentials, Endpoint},
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

/// Renders the request of one attempt.
pub fn render(_rendering: &Rendering<'_>) -> Result<Request, RenderError> {
    unimplemented!()
}
