//! Secrets: a type that never prints, and sealing at rest.
//!
//! XChaCha20-Poly1305 under a numbered master key. Each ciphertext carries its key's number and is bound to
//! the environment, the owner and the field it was made for, so that a row copied elsewhere does not open.

use std::{borrow::Cow, fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    id::{EnvironmentId, ID_BYTES},
    ports::Entropy,
};

/// Secret text: a token, a password, key material. Prints as `[redacted]`, is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text` secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every caller is a place to look at in a review.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A shorter text is hidden only where it stands alone: it may be part of anything.
const TELLING_BYTES: usize = 5;

/// `text` with [`REDACTED`] in the place of a secret, also where that stands in JSON with escapes.
pub fn hidden<'t>(text: Cow<'t, str>, secret: &str) -> Cow<'t, str> {
    let in_json = serde_json::Value::from(secret).to_string();
    let replaced =
        |text: Cow<'t, str>, secret: &str, by: &str| match secret.is_empty() || !text.contains(secret) {
            true => text,
            false => Cow::Owned(text.replace(secret, by)),
        };
    let text = replaced(text, &in_json, &format!("\"{REDACTED}\""));
    if secret.len() < TELLING_BYTES {
        return if text == secret && !secret.is_empty() { Cow::Borrowed(REDACTED) } else { text };
    }
    replaced(replaced(text, secret, REDACTED), in_json.trim_matches('"'), REDACTED)
}

/// The scheme before the credential in a header's value, if there is one, and the credential (RFC 9110 §11.4).
pub fn credential(value: &str) -> (Option<&str>, &str) {
    let is_scheme = |word: &str| ["basic", "bearer", "digest"].contains(&word.to_ascii_lowercase().as_str());
    match value.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, value),
    }
}

/// A sealed secret as it lies in the store: key number, nonce, ciphertext.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "base64_bytes")] pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[sealed, {} bytes]", self.0.len())
    }
}

/// What a sealed secret is bound to.
#[derive(Debug, Clone, Copy)]
pub struct SealContext<'a> {
    /// The environment.
    pub environment: EnvironmentId,
    /// The owner's id, for instance the endpoint's.
    pub owner: [u8; ID_BYTES],
    /// The field, for instance `secret` or `headers`.
    pub field: &'a str,
}

impl SealContext<'_> {
    fn bytes(&self) -> Vec<u8> {
        [&self.environment.0[..], &self.owner[..], self.field.as_bytes()].concat()
    }
}

/// Why a sealed secret did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Sealed under a key that this process was not given.
    #[error("sealed under master key {0}, which this process does not have")]
    UnknownKey(u32),
    /// Damaged, or moved here from somewhere else.
    #[error("the sealed secret is damaged or belongs elsewhere")]
    Damaged,
}

/// A text that is not a master key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64")]
pub struct InvalidMasterKey;

/// The key that seals all secrets of a store.
#[derive(Clone)]
pub struct MasterKey {
    number: u32,
    key: Zeroizing<[u8; 32]>,
}

const NONCE_BYTES: usize = 24;
const NUMBER_BYTES: usize = 4;

impl MasterKey {
    /// Makes a new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut *key);
        Self { number: 1, key }
    }

    /// The key as text, for its file.
    pub fn to_base64(&self) -> Secret {
        Secret::new(STANDARD.encode(*self.key))
    }

    /// A value that tells whether two processes have the same key, without telling the key.
    pub fn check_value(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"fanfare master key check").chain_update(*self.key).finalize().into()
    }

    /// Seals `secret` for one place.
    pub fn seal(&self, secret: &Secret, context: SealContext<'_>, entropy: &dyn Entropy) -> Sealed {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let aad = context.bytes();
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: &aad };
        let ciphertext = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("encrypting in memory fails only beyond 256 GiB");
        Sealed([&self.number.to_be_bytes()[..], &nonce, &ciphertext].concat())
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, sealed: &Sealed, context: SealContext<'_>) -> Result<Secret, OpenError> {
        let (number, rest) = sealed.0.split_at_checked(NUMBER_BYTES).ok_or(OpenError::Damaged)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or(OpenError::Damaged)?;
        let number = u32::from_be_bytes(number.try_into().map_err(|_| OpenError::Damaged)?);
        if number != self.number {
            return Err(OpenError::UnknownKey(number));
        }
        let aad = context.bytes();
        let payload = Payload { msg: ciphertext, aad: &aad };
        let plain =
            self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| OpenError::Damaged)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| OpenError::Damaged)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

impl FromStr for MasterKey {
    type Err = InvalidMasterKey;

    fn from_str(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| InvalidMasterKey)?);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| InvalidMasterKey)?;
        Ok(Self { number: 1, key: Zeroizing::new(key) })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey {} [redacted]", self.number)
    }
}

pub(crate) mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
