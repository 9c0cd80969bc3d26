//! The network as a port: one request out, one outcome back.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    auth::ClientCredentials,
    id::{ApplicationId, EndpointId},
    render::Request,
};

/// What a transport must know beside the request itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOptions {
    /// Whose request this is: connections are never shared between applications.
    pub application: ApplicationId,
    /// One deadline over everything: resolution, connecting, TLS, sending, and the whole response. Calls for a
    /// token have one of their own: see [`Transport::send`].
    pub timeout: Duration,
    /// Whether the server's certificate must be valid.
    pub verify_tls: bool,
    /// Where the request's access token comes from, if it carries one.
    pub token: Option<TokenSource>,
}

/// Where an access token comes from (RFC 6749 §4.4, JOF-9). The transport fetches it before it sends, and adds
/// it to the request as an `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSource {
    /// Whose token it is: tokens are never shared between endpoints.
    pub endpoint: EndpointId,
    /// The client that asks for it.
    pub client: Arc<ClientCredentials>,
    /// Whether a token is kept until shortly before it expires; otherwise each request fetches its own. A kept
    /// one that the endpoint answers with 401 is replaced, and the request sent once more.
    pub cached: bool,
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer, or why there was none.
    pub result: Result<Response, Failure>,
    /// The address that was connected to, if it came to that.
    pub remote: Option<IpAddr>,
}

/// A whole answer, its body cut at [`crate::limits::RESPONSE_READ_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code, 100–999.
    pub status: u16,
    /// The value of `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// The body as it came, nothing decompressed; credentials of the request are left out.
    pub body: Bytes,
}

/// Why there was no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind, for rules and metrics.
    pub kind: FailureKind,
    /// For people: what happened and with whom. Never a secret.
    pub message: String,
}

impl Failure {
    /// A failure of the given kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// The kinds of failure, a bounded set: they are metric labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The name could not be resolved.
    Dns,
    /// The address lies in a network that deliveries may not reach (SSRF guard).
    AddressRefused,
    /// No connection.
    Connect,
    /// No valid TLS session: bad certificate or protocol.
    Tls,
    /// The deadline passed.
    Timeout,
    /// The connection broke, before or within the answer.
    Broken,
    /// What came back was not HTTP.
    Protocol,
    /// No access token could be had: the endpoint was not called, unless to learn that a kept token is stale.
    Token,
    /// The request could not be rendered or sent as it stands.
    Request,
}

impl FailureKind {
    /// A stable lower-case word for logs, metrics and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::AddressRefused => "address_refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Protocol => "protocol",
            Self::Token => "token",
            Self::Request => "request",
        }
    }
}

/// Sends requests.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and waits for the outcome, never longer than the options' timeout.
    ///
    /// With [`SendOptions::token`] a call for a token comes before it; where a kept token was stale, a second
    /// one and the request once more. What goes to the endpoint shares the one timeout, and each of the two
    /// tokens is waited for no longer than that and [`TOKEN_TIME`](crate::limits::TOKEN_TIME). So the whole
    /// takes the timeout and twice `TOKEN_TIME` at most.
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome;
}
