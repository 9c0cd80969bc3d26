//! Signing: HMAC and ed25519 over the exact bytes that are sent.
//!
//! Here are the algorithms, the spellings of keys and signatures, and the formats of secrets. Which of
//! them a wire format uses, over what and in which header, is the business of [`crate::profile`].

mod ed25519;
mod encoding;
mod hmac;
mod secret_format;

pub use encoding::Encoding;
pub use secret_format::{KeyText, SecretFormat, SecretShape, Spelling};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

/// How a signature is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// HMAC with SHA-1 (RFC 2104): still what many existing formats use.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-512.
    HmacSha512,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

/// A key in the form that signs.
pub enum SigningMaterial {
    /// The bytes of an HMAC key.
    Symmetric(Zeroizing<Vec<u8>>),
    /// A private key.
    Ed25519(Box<SigningKey>),
}

impl std::fmt::Debug for SigningMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Algorithm {
    /// Signs `chunks`, taken as one text; none if the key is of the other sort.
    pub fn sign<C: AsRef<[u8]>>(self, key: &SigningMaterial, chunks: &[C]) -> Option<Vec<u8>> {
        match (self, key) {
            (Self::HmacSha1, SigningMaterial::Symmetric(key)) => Some(hmac::sha1(key, chunks)),
            (Self::HmacSha256, SigningMaterial::Symmetric(key)) => Some(hmac::sha256(key, chunks)),
            (Self::HmacSha512, SigningMaterial::Symmetric(key)) => Some(hmac::sha512(key, chunks)),
            (Self::Ed25519, SigningMaterial::Ed25519(key)) => Some(ed25519::sign(key, chunks)),
            _ => None,
        }
    }

    /// Whether it signs with this sort of key.
    pub fn fits(self, key: &SigningMaterial) -> bool {
        (self == Self::Ed25519) == matches!(key, SigningMaterial::Ed25519(_))
    }

    /// Whether it signs with secrets of this shape.
    pub fn takes(self, shape: &SecretShape) -> bool {
        (self == Self::Ed25519) == matches!(shape, SecretShape::Ed25519 { .. })
    }
}

#[cfg(test)]
mod tests;
