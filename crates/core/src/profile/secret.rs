//! Secrets that somebody chose: which of the profile's formats they are of, and what to say otherwise.

use super::{InvalidSecret, Profile};
use crate::secret::Secret;

/// The message never repeats the text: it may be a real secret with one wrong character.
pub(super) fn check_secret(profile: &Profile, text: &str) -> Result<Secret, InvalidSecret> {
    let Profile { name, secret_formats: formats, .. } = profile;
    if !profile.secret_chosen {
        return Err(InvalidSecret(format!("profile {name} lets nobody choose a secret: leave it out")));
    }
    let canonical = profile.format_of(text).and_then(|format| format.canonical(text));
    canonical.ok_or_else(|| {
        let expected: Vec<_> = formats.iter().map(ToString::to_string).collect();
        InvalidSecret(format!("a secret must be {}", expected.join(", or ")))
    })
}
