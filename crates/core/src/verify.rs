//! Verification: the receiver's side of a profile, a pure function of what arrived.
//!
//! What [`crate::render`] writes is read backwards here: the profile's headers and body say which values went
//! into the request, and with these its signatures are computed again. Each part gets a [`Check`] of its own,
//! so that it can be told *what* does not match.

mod auth;
mod body;
mod key;
mod reading;
mod signature;
mod values;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::{key::VerificationKey, reading::Reading};
use crate::{
    auth::Auth,
    profile::{InvalidSecret, Profile},
    render::{Place, Value},
    secret::Secret,
    time::Timestamp,
};

/// A request as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Captured<'a> {
    /// The method.
    pub method: &'a str,
    /// Names and values of the headers, in the order of the wire.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// What a request is verified against.
#[derive(Debug, Clone)]
pub struct Verifier<'p> {
    profile: &'p Profile,
    keys: Vec<VerificationKey>,
    auth: Auth,
    tolerance: Option<Duration>,
    known: Vec<(Value, String)>,
}

/// What looking at one part of a request gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The part, such as `method` or `header webhook-id`.
    pub part: String,
    /// How it is.
    pub outcome: Verdict,
    /// Why, for people. Never a secret.
    pub detail: String,
}

/// How a part is, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Right,
    /// Nothing was given to compare it with.
    Unchecked,
    /// Not as it should be.
    Wrong,
}

/// How far an attempt's timestamp may be from now, unless asked otherwise (Standard Webhooks 1.0).
pub const TOLERANCE: Duration = Duration::from_secs(300);

impl Check {
    fn new(part: impl Into<String>, outcome: Verdict, detail: impl Into<String>) -> Self {
        Self { part: part.into(), outcome, detail: detail.into() }
    }

    fn right(part: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Right, detail)
    }

    fn unchecked(part: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Unchecked, detail)
    }

    fn wrong(part: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Wrong, detail)
    }
}

impl Verdict {
    /// The worst of all checks.
    pub fn of(checks: &[Check]) -> Self {
        checks.iter().map(|check| check.outcome).max().unwrap_or(Self::Right)
    }
}

impl<'p> Verifier<'p> {
    /// Verifies by this profile, with any of these secrets: an endpoint has several while one is being
    /// replaced. Of an ed25519 secret the public key is enough.
    pub fn new(profile: &'p Profile, secrets: &[Secret]) -> Result<Self, InvalidSecret> {
        let keys: Result<_, _> =
            secrets.iter().map(|secret| VerificationKey::of(profile, secret.reveal())).collect();
        Ok(Self { profile, keys: keys?, auth: Auth::None, tolerance: Some(TOLERANCE), known: Vec::new() })
    }

    /// Expects this authentication beside what the profile writes.
    pub fn with_auth(self, auth: Auth) -> Self {
        Self { auth, ..self }
    }

    /// How far an attempt's timestamp may be from now; none is any age.
    pub fn with_tolerance(self, tolerance: Option<Duration>) -> Self {
        Self { tolerance, ..self }
    }

    /// Tells a value that is signed but not part of the request, such as `endpoint.url`. The error says which
    /// names there are.
    pub fn with_value(mut self, name: &str, text: &str) -> Result<Self, String> {
        self.known.push((Value::named(name, Place::Format)?, text.to_owned()));
        Ok(self)
    }

    /// Looks at every part of a request that arrived at `now`.
    pub fn check(&self, captured: &Captured<'_>, now: Timestamp) -> Vec<Check> {
        let mut reading = Reading::new(self, captured);
        reading.method();
        reading.headers();
        reading.body();
        reading.signatures();
        reading.timestamp(now);
        reading.auth();
        reading.into_checks()
    }
}

#[cfg(test)]
mod tests;
