//! What of a request is shown: everything but credentials.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fanfare_core::secret::Secret;
use serde_json::{Value, json};

use crate::receiver::WireRequest;

/// What stands in the place of a credential.
const REDACTED: &str = "[redacted]";
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
/// A shorter text is masked only where it stands alone: it may be part of anything.
const TELLING_BYTES: usize = 5;

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
        let hidden = if self.hides { self.hidden(request) } else { Vec::new() };
        let hide = |text: &str| hidden.iter().fold(text.to_owned(), |text, secret| replaced(&text, secret));
        let headers = request.headers.iter().map(|(name, value)| {
            let value = if self.hides && is_telling(name) { credential(value).1 } else { hide(value) };
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
    fn hidden(&self, request: &WireRequest) -> Vec<Secret> {
        let telling = request.headers.iter().filter(|(name, _)| is_telling(name));
        let found = telling.map(|(_, value)| Secret::new(credential(value).0));
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

/// The credential in a header's value, and the value without it: the scheme stays (RFC 9110 §11.4).
fn credential(value: &str) -> (String, String) {
    let is_scheme = |word: &str| ["basic", "bearer", "digest"].contains(&word.to_ascii_lowercase().as_str());
    match value.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => (rest.to_owned(), format!("{scheme} {REDACTED}")),
        None => (value.to_owned(), REDACTED.to_owned()),
    }
}

/// A secret also stands in JSON with escapes.
fn replaced(text: &str, secret: &Secret) -> String {
    let secret = secret.reveal();
    let in_json = json!(secret).to_string();
    let text = text.replace(&in_json, &format!("\"{REDACTED}\""));
    if secret.len() < TELLING_BYTES {
        return if text == secret { REDACTED.to_owned() } else { text };
    }
    text.replace(secret, REDACTED).replace(in_json.trim_matches('"'), REDACTED)
}

#[cfg(test)]
mod tests;
