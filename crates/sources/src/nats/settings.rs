//! What a NATS source is told.

use std::{path::PathBuf, time::Duration};

use async_nats::ServerAddr;
use fanfare_core::{limits::NAME_CHARS, secret::Secret};
use percent_encoding::percent_decode_str;
use url::Url;

/// Servers that one URL setting can list.
const SERVERS: usize = 16;

/// What a NATS source is told.
#[derive(Debug, Clone)]
pub struct NatsSettings {
    /// The servers and who we are there.
    pub access: NatsAccess,
    /// The stream.
    pub stream: String,
    /// The durable consumer; made where it is not there.
    pub consumer: String,
    /// Only what matches this subject; for a consumer that is made.
    pub subject: Option<String>,
    /// Where messages go that can never be accepted; another stream must keep it.
    pub dead_letters: String,
    /// How long the server waits for an acknowledgement; for a consumer that is made.
    pub ack_wait: Duration,
}

/// The servers and who we are there.
#[derive(Debug, Clone)]
pub struct NatsAccess {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) login: Option<Login>,
    /// A file with user credentials (`.creds`).
    pub credentials_file: Option<PathBuf>,
    /// Root certificates beside the system's, in PEM.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    Password(String, Secret),
    Token(Secret),
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSettings(String);

impl NatsAccess {
    /// Reads `nats://[user:password@|token@]host[:port][,…]`. The error does not repeat the text.
    pub fn parse(text: &Secret) -> Result<Self, InvalidSettings> {
        let mut access = Self { servers: Vec::new(), login: None, credentials_file: None, ca_file: None };
        for one in text.reveal().split(',').map(str::trim) {
            let mut url: Url = one.parse().map_err(|_| not_a_url())?;
            let schemes = ["nats", "tls"];
            if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
                return Err(not_a_url());
            }
            if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
                return Err(InvalidSettings("has a path or a query, which mean nothing here".to_owned()));
            }
            if let Some(login) = login(&url) {
                if access.login.as_ref().is_some_and(|first| *first != login) {
                    return Err(InvalidSettings("has two logins: all servers are given one".to_owned()));
                }
                access.login = Some(login);
            }
            // Who we are there is said once, and never together with an address.
            url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| not_a_url())?;
            access.servers.push(ServerAddr::from_url(url).map_err(|_| not_a_url())?);
        }
        if access.servers.len() > SERVERS {
            return Err(InvalidSettings(format!("lists more than {SERVERS} servers")));
        }
        Ok(access)
    }
}

fn not_a_url() -> InvalidSettings {
    InvalidSettings("is no list of URLs like nats://user:password@host:4222".to_owned())
}

fn login(url: &Url) -> Option<Login> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match (url.username(), url.password()) {
        ("", _) => None,
        (token, None) => Some(Login::Token(Secret::new(decoded(token)))),
        (user, Some(password)) => Some(Login::Password(decoded(user), Secret::new(decoded(password)))),
    }
}

impl NatsSettings {
    /// Whether names and subjects can be used as such: the error says which cannot.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let is_name = |text: &str| {
            let sound = |c: char| !c.is_whitespace() && !c.is_control() && !".*>/\\".contains(c);
            !text.is_empty() && text.len() <= NAME_CHARS && text.chars().all(sound)
        };
        let is_subject = |text: &str, wildcards: bool| {
            let token = |token: &str| {
                let plain =
                    !token.is_empty() && !token.contains(|c: char| c.is_whitespace() || c.is_control());
                plain && (wildcards || !token.contains(['*', '>']))
            };
            text.len() <= NAME_CHARS && text.split('.').all(token)
        };
        let wrong = |what: &str| Err(InvalidSettings(what.to_owned()));
        if !is_name(&self.stream) {
            return wrong("`stream` is no name of a stream");
        }
        if !is_name(&self.consumer) {
            return wrong("`consumer` is no name of a consumer");
        }
        if self.subject.as_ref().is_some_and(|subject| !is_subject(subject, true)) {
            return wrong("`subject` is no subject");
        }
        if !is_subject(&self.dead_letters, false) {
            return wrong("`dead-letters` is no subject that can be published to");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
