//! Endpoints: URLs of customers, what they want, and how they are to be called.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    auth::{Auth, AuthSettings},
    delivery::Method,
    environment::Metadata,
    id::{ApplicationId, EndpointId},
    limits::URL_BYTES,
    name::{Channel, EventTypeName, ProfileName, Scope, Uid},
    secret::{Sealed, Secret},
    time::Timestamp,
};

/// A URL of a customer with its event filter, secrets and delivery settings, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub application: ApplicationId,
    /// The platform's own id for it, unique in the application.
    pub uid: Option<Uid>,
    /// Where requests go.
    pub url: WebhookUrl,
    /// Whether requests leave the process at all.
    #[serde(default)]
    pub kind: EndpointKind,
    /// Whether it takes part in what happens, or is only tried out.
    #[serde(default)]
    pub mode: EndpointMode,
    /// The method of its requests, of those that the profile allows; none is the application's, else the
    /// profile's default.
    #[serde(default)]
    pub method: Option<Method>,
    /// Its wire format; none is the environment's.
    #[serde(default)]
    pub profile: Option<ProfileName>,
    /// What of the application it is for, such as a website; none is all of it.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// For people.
    pub description: String,
    /// The version its owner gave it (Svix 1.x).
    pub version: i32,
    /// Which event types it wants.
    pub event_filter: EventFilter,
    /// Which channels it listens to; none means every message, with channels or without.
    pub channels: Option<BTreeSet<Channel>>,
    /// Which messages it wants, as a CEL expression over `event` and `payload`.
    #[serde(default)]
    pub filter: Option<String>,
    /// Free-form labels.
    pub metadata: Metadata,
    /// Requests per second at most.
    pub rate_limit: Option<u16>,
    /// Requests in flight at most.
    pub max_concurrency: Option<u16>,
    /// One at a time per ordering key, in the order of acceptance.
    #[serde(default)]
    pub ordered: bool,
    /// Replaces the profile's timeout.
    pub timeout: Option<Duration>,
    /// Replaces the profile's retry schedule.
    pub retry_schedule: Option<Vec<Duration>>,
    /// Matches nothing new and is sent nothing.
    pub disabled: Option<Disabled>,
    /// Goes on collecting, is sent nothing.
    #[serde(default)]
    pub paused: bool,
    /// Signing keys, oldest first; the last one is the newest.
    pub keys: Vec<SealedKey>,
    /// Custom headers: a sealed JSON object of strings, `headers` its field.
    pub headers: Option<Sealed>,
    /// `user:password` that stood in the URL, sealed; `userinfo` its field.
    pub userinfo: Option<Sealed>,
    /// How its requests authenticate.
    #[serde(default)]
    pub auth: AuthSettings,
    /// The credentials of `auth`, sealed; `auth` their field.
    #[serde(default)]
    pub auth_credentials: Option<Sealed>,
    /// Whether the server's certificate must be valid.
    #[serde(default = "verified")]
    pub verify_tls: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was deleted; lists of past deliveries still show it.
    pub deleted_at: Option<Timestamp>,
    /// Counts its changes; an update names the one it saw, so that no change is lost.
    pub revision: u64,
}

impl Endpoint {
    /// Whether a limit counts the two together: test endpoints of an application, or its live ones of the
    /// same scope.
    pub fn is_of_a_kind_with(&self, other: &Self) -> bool {
        let same_scope = self.mode == EndpointMode::Test || self.scope == other.scope;
        self.application == other.application && self.mode == other.mode && same_scope
    }
}

fn verified() -> bool {
    true
}

/// Whether an endpoint's requests leave the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKind {
    /// Sent over the network.
    #[default]
    Http,
    /// Kept by the built-in inbox of this process.
    Inbox,
}

/// Whether an endpoint takes part in what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointMode {
    /// It gets the messages that it wants.
    #[default]
    Live,
    /// It matches no message: only examples, and what somebody sends it by hand, reach it.
    Test,
}

/// When and why an endpoint was disabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: DisableReason,
}

/// Why an endpoint was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisableReason {
    /// Somebody did it.
    ByHand,
    /// It answered 410 Gone.
    Gone,
    /// It has only failed for days.
    Failing,
    /// The profile disables on exhausted retries.
    Exhausted,
}

/// Which event types an endpoint wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFilter {
    /// No filter was given: everything.
    Unfiltered,
    /// The wildcard `*`: everything, also types that come later.
    Wildcard,
    /// These and no others.
    Types(BTreeSet<EventTypeName>),
}

/// A signing key of an endpoint, sealed; `secret` its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedKey {
    /// Its number within the endpoint, from 1; attempts record which one signed.
    pub number: u32,
    /// The secret text, such as `whsec_…`.
    pub secret: Sealed,
    /// When it came into use.
    pub created_at: Timestamp,
    /// When it stops signing; the newest key has no end.
    pub expires_at: Option<Timestamp>,
}

/// An endpoint's credentials, opened: lives in memory only.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Signing keys, oldest first.
    pub keys: Vec<Key>,
    /// Custom headers, in the letter case they came in.
    pub headers: Vec<(String, Secret)>,
    /// `user:password` of the URL, percent-decoded.
    pub userinfo: Option<Secret>,
    /// How requests authenticate.
    pub auth: Auth,
}

/// An opened signing key.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its number within the endpoint.
    pub number: u32,
    /// The secret text.
    pub secret: Secret,
    /// When it came into use.
    pub created_at: Timestamp,
    /// When it stops signing.
    pub expires_at: Option<Timestamp>,
}

impl Credentials {
    /// The keys that sign at `now`, newest first.
    pub fn signing_keys(&self, now: Timestamp) -> impl Iterator<Item = &Key> {
        self.keys.iter().rev().filter(move |key| key.expires_at.is_none_or(|end| now < end))
    }
}

/// A URL that a request can be sent to: `http` or `https`, a host, no userinfo, no fragment, normalised
/// (WHATWG URL Standard).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookUrl(Url);

/// Why a text is not the URL of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Not a URL at all.
    #[error("is not a valid URL: {0}")]
    Syntax(#[from] url::ParseError),
    /// Another scheme.
    #[error("must start with http:// or https://, not {0}:")]
    Scheme(String),
    /// Longer than the limit.
    #[error("is longer than {URL_BYTES} bytes")]
    TooLong,
    /// A part after `#`, which is never sent.
    #[error("must not have a fragment (the part after #): it would never be sent")]
    Fragment,
    /// Name or password that is to be kept apart: see [`WebhookUrl::with_userinfo`].
    #[error("must not hold a user name or password here")]
    Userinfo,
}

impl WebhookUrl {
    /// Parses a URL that may hold `user:password@`, and returns that part apart, percent-decoded.
    pub fn with_userinfo(text: &str) -> Result<(Self, Option<Secret>), InvalidUrl> {
        if text.len() > URL_BYTES {
            return Err(InvalidUrl::TooLong);
        }
        let mut url = Url::parse(text)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidUrl::Scheme(url.scheme().to_owned()));
        }
        if url.fragment().is_some() {
            return Err(InvalidUrl::Fragment);
        }
        let userinfo = take_userinfo(&mut url);
        if url.as_str().len() > URL_BYTES {
            return Err(InvalidUrl::TooLong);
        }
        Ok((Self(url), userinfo))
    }

    /// The parsed URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn take_userinfo(url: &mut Url) -> Option<Secret> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let userinfo = format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default()));
    // Both setters fail only for URLs without a host, which http and https do not allow.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(Secret::new(userinfo))
}

impl FromStr for WebhookUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        match Self::with_userinfo(text)? {
            (url, None) => Ok(url),
            (_, Some(_)) => Err(InvalidUrl::Userinfo),
        }
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl From<WebhookUrl> for String {
    fn from(url: WebhookUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
