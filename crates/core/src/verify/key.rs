//! Secrets in the form that verifies.

use ed25519_dalek::{Signature, VerifyingKey};
use subtle::ConstantTimeEq as _;

use crate::{
    profile::{InvalidSecret, Profile},
    secret::Secret,
    sign::{Algorithm, SecretShape, SigningMaterial, Spelling},
};

/// A secret of an endpoint, or the public key of one.
#[derive(Debug, Clone)]
pub(super) struct VerificationKey {
    text: Secret,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Symmetric(std::sync::Arc<SigningMaterial>),
    Public(Box<VerifyingKey>),
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl VerificationKey {
    /// The message of the error never repeats the text: it may be a real secret with one wrong character.
    pub(super) fn of(profile: &Profile, text: &str) -> Result<Self, InvalidSecret> {
        let formats = &profile.secret_formats;
        if formats.is_empty() {
            return Err(InvalidSecret(format!("profile {} knows no secrets: leave it out", profile.name)));
        }
        Self::public(profile, text).or_else(|| Self::private(profile, text)).ok_or_else(|| {
            let expected: Vec<_> = formats.iter().map(ToString::to_string).collect();
            InvalidSecret(format!("a secret of profile {} is {}", profile.name, expected.join(", or ")))
        })
    }

    fn private(profile: &Profile, text: &str) -> Option<Self> {
        let format = profile.format_of(text)?;
        let text = format.canonical(text)?;
        let material = match format.material(&text)? {
            SigningMaterial::Ed25519(key) => Material::Public(Box::new(key.verifying_key())),
            symmetric => Material::Symmetric(symmetric.into()),
        };
        Some(Self { text, material })
    }

    fn public(profile: &Profile, text: &str) -> Option<Self> {
        profile.secret_formats.iter().find_map(|format| {
            let SecretShape::Ed25519 { public_prefix } = &format.shape else { return None };
            let Spelling::Encoded(encoding) = format.spelling else { return None };
            let bytes = encoding.decode(text.strip_prefix(public_prefix)?)?;
            let key = VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
            Some(Self { text: Secret::new(text), material: Material::Public(Box::new(key)) })
        })
    }

    /// Whether `text` is this secret.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text.reveal().as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// The secret itself, where a format signs it along.
    pub(super) fn text(&self) -> &str {
        self.text.reveal()
    }

    /// Whether signatures of this algorithm can be verified with it.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        (algorithm == Algorithm::Ed25519) == matches!(self.material, Material::Public(_))
    }

    /// Whether `signature` is one of `chunks`, taken as one text.
    pub(super) fn verifies<C: AsRef<[u8]>>(
        &self,
        algorithm: Algorithm,
        chunks: &[C],
        signature: &[u8],
    ) -> bool {
        match &self.material {
            Material::Symmetric(key) => {
                algorithm.sign(key, chunks).is_some_and(|expected| expected.ct_eq(signature).into())
            }
            Material::Public(key) => {
                let text: Vec<u8> = chunks.iter().flat_map(AsRef::as_ref).copied().collect();
                let signature = Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_strict(&text, &signature).is_ok())
            }
        }
    }
}
