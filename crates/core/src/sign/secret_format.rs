//! Formats of secrets: how one is made, how one that somebody chose is checked, which key it stands for.

use std::{fmt, ops::RangeInclusive};

use zeroize::Zeroizing;

use super::{Encoding, SigningMaterial, ed25519};
use crate::{ports::Entropy, secret::Secret};

/// What a secret of one format looks like and stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFormat {
    /// Which sort of key it is.
    pub shape: SecretShape,
    /// What its text starts with; may be empty.
    pub prefix: String,
    /// Whether a chosen secret may come without the prefix, which is then added.
    pub prefix_optional: bool,
    /// How the rest of the text is written.
    pub spelling: Spelling,
    /// What is the key of an HMAC.
    pub key: KeyText,
    /// Length, in bytes of what the spelling stands for.
    pub bytes: RangeInclusive<usize>,
    /// Random bytes in a secret that Fanfare makes.
    pub generate: usize,
}

/// Which sort of key a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretShape {
    /// Both sides have it: an HMAC key, or a token that is sent as it is.
    Symmetric,
    /// A private key; receivers get the public one.
    Ed25519 {
        /// What the public key's text starts with.
        public_prefix: String,
    },
}

/// How a secret's text is written, after its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Bytes in an encoding.
    Encoded(Encoding),
    /// Any printable text.
    Text,
}

/// What of a secret is the key of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyText {
    /// The bytes that its spelling stands for.
    Decoded,
    /// Its whole text as it stands, the prefix included.
    Text,
}

impl SecretFormat {
    /// What a profile uses that says nothing about secrets: random text.
    pub fn plain() -> Self {
        Self {
            shape: SecretShape::Symmetric,
            prefix: String::new(),
            prefix_optional: false,
            spelling: Spelling::Text,
            key: KeyText::Text,
            bytes: 1..=256,
            generate: 32,
        }
    }

    /// Makes a new secret.
    pub fn generate(&self, entropy: &dyn Entropy) -> Secret {
        let bytes = match &self.shape {
            SecretShape::Symmetric => {
                let mut bytes = Zeroizing::new(vec![0; self.generate]);
                entropy.fill(&mut bytes);
                bytes
            }
            SecretShape::Ed25519 { .. } => {
                let mut seed = Zeroizing::new([0; 32]);
                entropy.fill(&mut *seed);
                ed25519::pair_of(&seed)
            }
        };
        let text = match self.spelling {
            Spelling::Encoded(encoding) => encoding.encode(&bytes),
            Spelling::Text => Encoding::Base64Url.encode(&bytes),
        };
        Secret::new(format!("{}{text}", self.prefix))
    }

    /// Whether a text claims to be of this format.
    pub fn claims(&self, text: &str) -> bool {
        self.prefix_optional || text.starts_with(&self.prefix)
    }

    /// The canonical text of a secret that somebody chose; none if it is not of this format.
    pub fn canonical(&self, text: &str) -> Option<Secret> {
        let rest = self.rest(text)?;
        let canonical = Secret::new(format!("{}{rest}", self.prefix));
        self.material(&canonical).map(|_| canonical)
    }

    /// The key that a secret stands for; none if the secret is not of this format.
    pub fn material(&self, secret: &Secret) -> Option<SigningMaterial> {
        let rest = self.rest(secret.reveal())?;
        let bytes = Zeroizing::new(match self.spelling {
            Spelling::Encoded(encoding) => encoding.decode(rest)?,
            // Spaces at the ends would be lost in a header.
            Spelling::Text if rest.chars().any(char::is_control) || rest.trim() != rest => return None,
            Spelling::Text => rest.as_bytes().to_vec(),
        });
        if !self.bytes.contains(&bytes.len()) {
            return None;
        }
        match (&self.shape, self.key) {
            (SecretShape::Ed25519 { .. }, _) => {
                ed25519::from_pair(&bytes).map(|key| SigningMaterial::Ed25519(Box::new(key)))
            }
            (SecretShape::Symmetric, KeyText::Decoded) => Some(SigningMaterial::Symmetric(bytes)),
            (SecretShape::Symmetric, KeyText::Text) => {
                Some(SigningMaterial::Symmetric(Zeroizing::new(secret.reveal().as_bytes().to_vec())))
            }
        }
    }

    /// What the receiver needs to verify; none if the secret is not of this format.
    pub fn verification_key(&self, secret: &Secret) -> Option<Secret> {
        match (&self.shape, self.material(secret)?) {
            (SecretShape::Ed25519 { public_prefix }, SigningMaterial::Ed25519(key)) => {
                let public = self.encode(key.verifying_key().as_bytes());
                Some(Secret::new(format!("{public_prefix}{public}")))
            }
            _ => Some(secret.clone()),
        }
    }

    fn encode(&self, bytes: &[u8]) -> String {
        match self.spelling {
            Spelling::Encoded(encoding) => encoding.encode(bytes),
            Spelling::Text => Encoding::Base64.encode(bytes),
        }
    }

    fn rest<'t>(&self, text: &'t str) -> Option<&'t str> {
        match text.strip_prefix(&self.prefix) {
            Some(rest) => Some(rest),
            None if self.prefix_optional => Some(text),
            None => None,
        }
    }
}

/// Says what a secret of this format looks like, for error messages.
impl fmt::Display for SecretFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.prefix.as_str(), self.prefix_optional) {
            ("", _) => {}
            (prefix, false) => write!(f, "`{prefix}` followed by ")?,
            (prefix, true) => write!(f, "`{prefix}` (may be left out) followed by ")?,
        }
        let (least, most) = (self.bytes.start(), self.bytes.end());
        let length = if least == most { most.to_string() } else { format!("{least} to {most}") };
        match (&self.shape, self.spelling) {
            (SecretShape::Ed25519 { .. }, _) => {
                write!(f, "the {most} bytes of an ed25519 key pair in {}", self.encoding_name())
            }
            (_, Spelling::Text) => write!(f, "{length} bytes of printable text"),
            (_, Spelling::Encoded(_)) => write!(f, "{length} bytes in {}", self.encoding_name()),
        }
    }
}

impl SecretFormat {
    fn encoding_name(&self) -> &'static str {
        match self.spelling {
            Spelling::Encoded(encoding) => encoding.as_str(),
            Spelling::Text => "text",
        }
    }

    /// Length in bytes of an ed25519 secret.
    pub const ED25519_BYTES: usize = ed25519::PAIR_BYTES;
}
