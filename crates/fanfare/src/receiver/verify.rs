//! Checks signatures as a customer does: Standard Webhooks 1.0, symmetric (`v1`).

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::Sha256;

/// How far a webhook's timestamp may be from now, in seconds.
const TOLERANCE_SECONDS: u64 = 300;

/// Why a webhook was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejected {
    /// A header that must be there is not, or is no text.
    #[error("no usable `{0}` header")]
    Header(&'static str),
    /// Signed too long ago, or in the future.
    #[error("the timestamp is more than five minutes off")]
    Timestamp,
    /// None of the signatures is right.
    #[error("no signature matches")]
    Signature,
}

/// The secret of an endpoint, ready to check what arrives there.
#[derive(Clone)]
pub(crate) struct Verifier {
    keyed: Hmac<Sha256>,
}

impl Verifier {
    /// From a secret as the API shows it: `whsec_` and base64. `None` if it is something else.
    pub(crate) fn new(secret: &str) -> Option<Self> {
        let digits = secret.strip_prefix("whsec_").unwrap_or(secret).trim_end_matches('=');
        let key = STANDARD_NO_PAD.decode(digits).ok()?;
        Some(Self { keyed: Hmac::new_from_slice(&key).expect("HMAC takes keys of any length") })
    }

    /// Accepts the webhook if one of its signatures is right at the time `now` (seconds since 1970).
    pub(crate) fn check(&self, headers: &HeaderMap, body: &[u8], now: u64) -> Result<(), Rejected> {
        let id = text(headers, "webhook-id")?;
        let timestamp = text(headers, "webhook-timestamp")?;
        let signatures = text(headers, "webhook-signature")?;
        let signed_at = timestamp.parse::<u64>().map_err(|_| Rejected::Header("webhook-timestamp"))?;
        if signed_at.abs_diff(now) > TOLERANCE_SECONDS {
            return Err(Rejected::Timestamp);
        }
        let content = self.keyed.clone().chain_update(id).chain_update(".").chain_update(timestamp);
        let content = content.chain_update(".").chain_update(body);
        if signatures.split(' ').any(|signature| matches(&content, signature)) {
            Ok(())
        } else {
            Err(Rejected::Signature)
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Rejected> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Rejected::Header(name))
}

fn matches(content: &Hmac<Sha256>, signature: &str) -> bool {
    let Some(digits) = signature.strip_prefix("v1,") else { return false };
    STANDARD.decode(digits).is_ok_and(|bytes| content.clone().verify_slice(&bytes).is_ok())
}

#[cfg(test)]
mod tests;
