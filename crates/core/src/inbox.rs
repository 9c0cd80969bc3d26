//! Inboxes: addresses of this server that keep what arrives there, so that a customer can look at requests
//! before it has a receiver of its own.
//!
//! What a delivery sends to such an address never touches the network: [`InboxUrls::token_of`] is the one place
//! that decides which URLs these are, and whoever sends asks it first. So the rules about private networks need
//! no exception.

use std::{fmt, str::FromStr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    id::{ApplicationId, EndpointId, InboxId},
    ports::Entropy,
    secret::Sealed,
    time::Timestamp,
    verify::{Check, Verdict},
};

/// Random bytes in a token.
const TOKEN_BYTES: usize = 32;
/// What stands between the server's own URL and a token.
const PATH: &str = "/in/";

/// An inbox of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// Whose it is.
    pub application: ApplicationId,
    /// What its address ends with: whoever knows it can send there, and no more.
    pub token: InboxToken,
    /// What it answers.
    pub answer: InboxAnswer,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is gone, with all that is in it.
    pub expires_at: Timestamp,
}

/// What an inbox answers to every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxAnswer {
    /// The status.
    pub status: u16,
    /// After how long.
    pub after: Duration,
}

impl InboxAnswer {
    /// At once, that all is well.
    pub const GOOD: Self = Self { status: 200, after: Duration::ZERO };
    /// The statuses that can be chosen.
    pub const STATUSES: [u16; 9] = [200, 204, 302, 400, 401, 404, 410, 429, 500];
    /// The waits that can be chosen, in seconds.
    pub const WAITS: [u64; 3] = [0, 5, 20];
}

/// What the address of an inbox ends with: random, so that it cannot be guessed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InboxToken(String);

/// A text that is no token of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the token of an inbox")]
pub struct InvalidInboxToken;

impl InboxToken {
    /// A new one.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        entropy.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InboxToken {
    type Err = InvalidInboxToken;

    fn from_str(text: &str) -> Result<Self, InvalidInboxToken> {
        // Decoding refuses all but the one spelling of it.
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == TOKEN_BYTES => Ok(Self(text.to_owned())),
            _ => Err(InvalidInboxToken),
        }
    }
}

impl fmt::Debug for InboxToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[inbox token]")
    }
}

/// Where inboxes are: addresses of this very server.
#[derive(Debug, Clone)]
pub struct InboxUrls {
    base: Url,
}

impl InboxUrls {
    /// Below the URL by which this server is reached from outside; none where that is no URL with a host.
    pub fn below(public_url: &str) -> Option<Self> {
        let mut base = Url::parse(public_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        base.host_str()?;
        let path = format!("{}{PATH}", base.path().trim_end_matches('/'));
        base.set_path(&path);
        base.set_query(None);
        base.set_fragment(None);
        Some(Self { base })
    }

    /// The address of an inbox.
    pub fn url(&self, token: &InboxToken) -> String {
        format!("{}{}", self.base, token.as_str())
    }

    /// The token, if the URL is the address of an inbox of this server: its own scheme, host and port, its path,
    /// and nothing behind the token but a query.
    pub fn token_of(&self, url: &Url) -> Option<InboxToken> {
        let same_origin = url.scheme() == self.base.scheme()
            && url.host_str() == self.base.host_str()
            && url.port_or_known_default() == self.base.port_or_known_default();
        let bare = url.username().is_empty() && url.password().is_none();
        let rest = url.path().strip_prefix(self.base.path()).filter(|_| same_origin && bare)?;
        rest.parse().ok()
    }
}

/// A request that arrived: the store has it sealed, for it may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivedRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// Names and values of the headers, in the order they came in: the first that fit into
    /// [`crate::limits::INBOX_HEADER_BYTES`].
    pub headers: Vec<(String, String)>,
    /// How many headers there were.
    pub headers_in_all: usize,
    /// The body, cut at [`crate::limits::INBOX_BODY_BYTES`].
    #[serde(with = "crate::secret::base64_bytes")]
    pub body: Vec<u8>,
    /// The check; none where no endpoint of the application sends here.
    pub checked: Option<Checked>,
}

/// What looking at a request gave, when it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// By whose profile and secrets.
    pub endpoint: EndpointId,
    /// Part by part.
    pub checks: Vec<Check>,
}

/// What a list shows of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalSummary {
    /// Counts what arrived at this inbox, from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Bytes of the whole body, also where not all of it was kept.
    pub body_bytes: u64,
    /// Whether it was as it should be; none where nobody could tell.
    pub verdict: Option<Verdict>,
}

/// A request as it goes into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArrival {
    /// When.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Bytes of the whole body.
    pub body_bytes: u64,
    /// Whether it was as it should be.
    pub verdict: Option<Verdict>,
    /// The [`ArrivedRequest`], sealed.
    pub request: Sealed,
}

#[cfg(test)]
mod tests;
