//! Profiles: a wire format and its delivery rules, as data.

use crate::{message::ProfileHash, name::ProfileName, ports::Entropy, rules::DeliveryRules, secret::Secret};

/// A profile, parsed, checked and ready to render with.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// SHA-256 of its text.
    pub hash: ProfileHash,
    /// Its text.
    pub text: String,
    /// Its delivery rules.
    pub rules: DeliveryRules,
}

/// What is wrong with a profile's text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ProfileError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a secret is not one that the profile's signatures can use; says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSecret(pub String);

impl Profile {
    /// Parses and checks a profile's text (TOML).
    pub fn parse(_text: &str) -> Result<Self, ProfileError> {
        unimplemented!()
    }

    /// Makes a secret of the kind that the profile's signatures use by default.
    pub fn generate_secret(&self, _entropy: &dyn Entropy) -> Secret {
        unimplemented!()
    }

    /// Checks a secret that somebody chose, and brings it into its canonical text.
    pub fn check_secret(&self, _text: &str) -> Result<Secret, InvalidSecret> {
        unimplemented!()
    }

    /// What the receiver needs to verify, as the API shows it: the secret itself, or the public key.
    pub fn verification_key(&self, _secret: &Secret) -> Secret {
        unimplemented!()
    }

    /// Whether customers may not set a header of this name, because the profile or HTTP itself does
    /// (compared without case).
    pub fn reserves_header(&self, _name: &str) -> bool {
        unimplemented!()
    }
}

/// The profiles compiled into the binary, `standard` first.
pub fn built_in() -> Vec<Profile> {
    unimplemented!()
}
