//! What of a request is shown: everything but credentials.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fanfare_core::secret::{REDACTED, Secret, credential, hidden};
use serde_json::{Value, json};

use crate::receiver::WireRequest;

/// Words in the names of headers whose values are credentials.
const TELLING: [&str; 9] = [
    "auth",
    "authorization",
    "authentication",
    "cookie",
    "credentials",
    "key",
    "password",
    "secret",
    "token",
];

/// Hides credentials.
#[derive(Debug)]
pub(crate) struct Mask {
    secrets: Vec<Secret>,
    hides: bool,
}

/// A request as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The request line.
    pub(crate) line: String,
    /// Names and values of the headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: ShownBody,
    /// Bytes of the body as it came.
    pub(crate) body_bytes: usize,
}

/// A body as it is shown.
#[derive(Debug, Clone)]
pub(crate) enum ShownBody {
    /// Text.
    Text(String),
    /// Anything else.
    Bytes(bytes::Bytes),
}

impl Mask {
    /// Hides these secrets wherever they stand, and what headers of telling names hold.
    pub(crate) fn of(secrets: Vec<Secret>) -> Self {
        Self { secrets, hides: true }
    }

    /// Hides nothing.
    pub(crate) fn nothing() -> Self {
        Self { secrets: Vec::new(), hides: false }
    }

    /// The request as it may be shown.
    pub(crate) fn shown(&self, request: &WireRequest) -> Shown {
        let secrets = if self.hides { self.secrets_of(request) } else { Vec::new() };
        let hide = |text: &str| {
            let all = secrets.iter();
            all.fold(Cow::Borrowed(text), |text, secret| hidden(text, secret.reveal())).into_owned()
        };
        let headers = request.headers.iter().map(|(name, value)| {
            let value = if self.hides && is_telling(name) { without_credential(value) } else { hide(value) };
            (name.clone(), value)
        });
        Shown {
            line: hide(&request.request_line()),
            headers: headers.collect(),
            body: match std::str::from_utf8(&request.body) {
                Ok(text) => ShownBody::Text(hide(text)),
                Err(_) => ShownBody::Bytes(request.body.clone()),
            },
            body_bytes: request.body.len(),
        }
    }

    /// What must not be shown of this request: a token in a header may stand in the body too (TRI-5).
    fn secrets_of(&self, request: &WireRequest) -> Vec<Secret> {
        let telling = request.headers.iter().filter(|(name, _)| is_telling(name));
        let found = telling.map(|(_, value)| Secret::new(credential(value).1));
        let mut hidden: Vec<_> = self.secrets.iter().cloned().chain(found).collect();
        // A secret that is part of another one must not uncover the rest of it.
        hidden.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
        hidden.retain(|secret| !secret.reveal().is_empty());
        hidden
    }
}

impl Shown {
    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| json!([name, value])).collect();
        let mut shown = json!({"request": self.line, "headers": headers, "bodyBytes": self.body_bytes});
        match &self.body {
            ShownBody::Text(text) => shown["body"] = text.as_str().into(),
            ShownBody::Bytes(bytes) => shown["bodyBase64"] = STANDARD.encode(bytes).into(),
        }
        shown
    }
}

fn is_telling(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower != "idempotency-key" && lower.split(['-', '_']).any(|word| TELLING.contains(&word))
}

/// The value of a header without its credential; the scheme stays.
fn without_credential(value: &str) -> String {
    match credential(value) {
        (Some(scheme), _) => format!("{scheme} {REDACTED}"),
        (None, _) => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests;
