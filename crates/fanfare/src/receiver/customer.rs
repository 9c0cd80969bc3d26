//! What customers of the five systems do with a request, each written from that system's public description
//! and sharing nothing with the server, so that a mistake in its rendering cannot cancel itself out.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;

use super::{Rejected, Verifier, WireRequest, unix_seconds};

/// How a customer recognises a request as the platform's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Customer {
    /// By Standard Webhooks 1.0.
    Standard {
        /// `whsec_…`.
        secret: String,
    },
    /// Trimoji: the token stands in `Authorization` as it is, and in the body.
    Trimoji {
        /// The token.
        token: String,
    },
    /// Talview: not at all; only the shape is looked at.
    Talview,
    /// Qualifio: a header of the customer's own, and an HMAC beside it.
    Qualifio {
        /// The header's name.
        header: String,
        /// Its value.
        value: String,
        /// The key of the HMAC.
        secret: String,
    },
    /// JOFI by HMAC.
    JofiHmac {
        /// The key of the HMAC.
        secret: String,
    },
    /// JOFI by Basic.
    JofiBasic {
        /// `user:password`.
        pair: String,
    },
    /// TruTac: an HMAC like GitHub's of 2018.
    Trutac {
        /// The key of the HMAC.
        secret: String,
    },
}

type Checked = Result<&'static str, String>;

impl Customer {
    /// Says what it recognised the request by, or why it does not.
    pub(crate) fn check(&self, request: &WireRequest) -> Checked {
        match self {
            Self::Standard { secret } => standard(request, secret),
            Self::Trimoji { token } => trimoji(request, token),
            Self::Talview => talview(request),
            Self::Qualifio { header, value, secret } => qualifio(request, header, value, secret),
            Self::JofiHmac { secret } => jofi_hmac(request, secret),
            Self::JofiBasic { pair } => jofi_basic(request, pair),
            Self::Trutac { secret } => trutac(request, secret),
        }
    }
}

fn standard(request: &WireRequest, secret: &str) -> Checked {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = name.parse::<HeaderName>().map_err(|why| why.to_string())?;
        headers.append(name, HeaderValue::from_str(value).map_err(|why| why.to_string())?);
    }
    let verifier = Verifier::new(secret).ok_or("the secret is not one of Standard Webhooks")?;
    let checked = verifier.check(&headers, &request.body, unix_seconds());
    checked.map_err(|why: Rejected| why.to_string())?;
    Ok("webhook-signature is HMAC-SHA256 of id, timestamp and body")
}

/// TRI-4 to TRI-8, TRI-11.
fn trimoji(request: &WireRequest, token: &str) -> Checked {
    let body = object(request)?;
    expect(request, "authorization", |value| value == token, "is not the token")?;
    expect(request, "user-agent", |value| value == "trimoji/1.0.0", "is not trimoji/1.0.0")?;
    require(body["_token"] == token, "`_token` in the body is not the token")?;
    require(body["_event"].is_string(), "`_event` is missing")?;
    let time = body["_timestamp"].as_str().unwrap_or_default();
    require(time.len() == 24 && time.ends_with('Z'), "`_timestamp` has not three fractional digits and `Z`")?;
    Ok("the token stands in Authorization and in the body's _token")
}

/// TAL-4, TAL-6, and what the pages say of payloads.
fn talview(request: &WireRequest) -> Checked {
    let body = object(request)?;
    expect(request, "content-type", |value| value == "application/json", "is not application/json")?;
    require(
        !shows(&body, "tenant_id") && !shows(&body, "is_deleted"),
        "the body shows what nobody is shown",
    )?;
    Ok("nothing to verify; the payload alone, without tenant_id and is_deleted")
}

/// QUA-7, QUA-8.
fn qualifio(request: &WireRequest, header: &str, value: &str, secret: &str) -> Checked {
    expect(request, header, |found| found == value, "is not what was agreed")?;
    expect(request, "x-qualifio-signature", |found| is_sha256(found, "sha256=", secret, request), NO_MATCH)?;
    Ok("the customer's own header, and X-Qualifio-Signature is HMAC-SHA256 of the body")
}

/// JOF-8; the name of the header is ours.
fn jofi_hmac(request: &WireRequest, secret: &str) -> Checked {
    expect(request, "x-jofi-signature", |found| is_sha256(found, "", secret, request), NO_MATCH)?;
    jofi_envelope(request, "hmac")?;
    Ok("X-JOFI-Signature is HMAC-SHA256 of the body; the body names this endpoint")
}

/// JOF-10.
fn jofi_basic(request: &WireRequest, pair: &str) -> Checked {
    let expected = format!("Basic {}", STANDARD.encode(pair));
    expect(request, "authorization", |found| found == expected, "is not the agreed name and password")?;
    jofi_envelope(request, "basic")?;
    Ok("Authorization is Basic with the agreed name and password; the body names this endpoint")
}

fn jofi_envelope(request: &WireRequest, method: &str) -> Result<(), String> {
    let body = object(request)?;
    require(
        body["object"] == "event" && body["id"].as_str().is_some_and(|id| id.starts_with("evt_")),
        "no event",
    )?;
    require(body["data"]["object"].is_object(), "`data.object` is missing")?;
    require(body["webhook_verification_method"] == method, "`webhook_verification_method` is another one")
}

/// TRU-6, TRU-7.
fn trutac(request: &WireRequest, secret: &str) -> Checked {
    let event = request.header("tt-hook-event").ok_or("no TT-Hook-Event header")?;
    let matches = |found: &str| {
        let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        is_digest(found, "sha1=", mac, request)
    };
    expect(request, "tt-hook-signature", matches, NO_MATCH)?;
    let body = object(request)?;
    let resource = if event == "ping" { "hook" } else { event };
    require(body["action"].is_string() && body[resource].is_object(), "the body is not of the event's form")?;
    Ok("TT-Hook-Signature is HMAC-SHA1 of the body; the body is of the event that TT-Hook-Event names")
}

const NO_MATCH: &str = "is not the HMAC of the body";

fn is_sha256(found: &str, prefix: &str, secret: &str, request: &WireRequest) -> bool {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    is_digest(found, prefix, mac, request)
}

fn is_digest<M: Mac>(found: &str, prefix: &str, mac: M, request: &WireRequest) -> bool {
    let digest = found.strip_prefix(prefix).and_then(|digits| hex::decode(digits).ok());
    digest.is_some_and(|digest| mac.chain_update(&request.body).verify_slice(&digest).is_ok())
}

fn expect(
    request: &WireRequest,
    name: &str,
    holds: impl Fn(&str) -> bool,
    wrong: &str,
) -> Result<(), String> {
    match request.header(name) {
        None => Err(format!("no `{name}` header")),
        Some(value) if holds(value) => Ok(()),
        Some(_) => Err(format!("`{name}` {wrong}")),
    }
}

fn require(holds: bool, wrong: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong.to_owned()) }
}

fn object(request: &WireRequest) -> Result<Value, String> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|why| format!("the body is not JSON: {why}"))?;
    if body.is_object() { Ok(body) } else { Err("the body is not a JSON object".to_owned()) }
}

fn shows(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(own, value)| own == name || shows(value, name)),
        Value::Array(items) => items.iter().any(|item| shows(item, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
