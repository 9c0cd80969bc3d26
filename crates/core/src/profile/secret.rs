//! Secrets that somebody chose: which of the profile's formats they are of, and what to say otherwise.

use std::time::Duration;

use super::{InvalidSecret, Profile};
use crate::secret::Secret;

/// Who makes secrets, who may see them, how one follows another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRules {
    /// Whether an endpoint that names no secret gets one when it is made.
    pub on_create: bool,
    /// Whether customers may choose their secrets.
    pub chosen: bool,
    /// Whether a secret can be read again after it was made.
    pub retrievable: bool,
    /// How long the previous secret stays valid after a rotation.
    pub overlap: Duration,
}

/// The message never repeats the text: it may be a real secret with one wrong character.
pub(super) fn check_secret(profile: &Profile, text: &str) -> Result<Secret, InvalidSecret> {
    let name = &profile.name;
    if !profile.secrets.chosen {
        return Err(InvalidSecret(format!("profile {name} lets nobody choose a secret: leave it out")));
    }
    canonical(profile, text)
}

/// Whether a secret that an endpoint has already can be used; where nothing uses one, any can stay.
pub(super) fn check_existing(profile: &Profile, secret: &Secret) -> Result<(), InvalidSecret> {
    if profile.secret_formats.is_empty() {
        return Ok(());
    }
    canonical(profile, secret.reveal()).map(drop)
}

fn canonical(profile: &Profile, text: &str) -> Result<Secret, InvalidSecret> {
    let canonical = profile.format_of(text).and_then(|format| format.canonical(text));
    canonical.ok_or_else(|| {
        let expected: Vec<_> = profile.secret_formats.iter().map(ToString::to_string).collect();
        InvalidSecret(format!("a secret must be {}", expected.join(", or ")))
    })
}
