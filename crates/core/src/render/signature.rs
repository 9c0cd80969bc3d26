//! Signature headers: which keys sign, over what, and how their signatures share a header.

use std::time::Duration;

use super::{RenderError, template::Template, value::Values};
use crate::{
    auth::AuthKind,
    endpoint::Key,
    sign::{Algorithm, Encoding, SigningMaterial},
};

/// A header that carries signatures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignatureHeader {
    pub(crate) name: String,
    pub(crate) keys: KeyChoice,
    /// What stands between two signatures.
    pub(crate) join: String,
    /// What is put around all of them together.
    pub(crate) wrap: Option<Template>,
    /// The kinds of authentication beside which it is written; none is all.
    pub(crate) with_auth: Option<Vec<AuthKind>>,
    /// What each sort of key signs.
    pub(crate) schemes: Vec<Scheme>,
}

/// Which of the keys that are valid at the attempt's time sign.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeyChoice {
    /// All, newest first.
    All,
    /// The newest one; or the one before it, until the newest is this old.
    Newest { previous_for: Duration },
}

/// One way to sign.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scheme {
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) content: Template,
    pub(crate) format: Template,
}

/// A signature header's value, and the number of the newest key that signed.
pub(crate) struct Signed {
    pub(crate) value: String,
    pub(crate) key_number: u32,
}

impl SignatureHeader {
    /// The value of the header; none where no key can sign, for then it is left out.
    pub(crate) fn sign(&self, values: &Values<'_>, body: &[u8]) -> Result<Option<Signed>, RenderError> {
        let keys = self.chosen_keys(values)?;
        let Some((newest, _)) = keys.first() else { return Ok(None) };
        let key_number = newest.number;
        let mut joined = String::with_capacity(64);
        for (_, material) in &keys {
            for scheme in &self.schemes {
                if let Some(signature) = scheme.sign(material, values, body)? {
                    if !joined.is_empty() {
                        joined.push_str(&self.join);
                    }
                    joined.push_str(&signature);
                }
            }
        }
        let value = match &self.wrap {
            Some(wrap) => wrap.render(values, &joined).ok_or_else(absent)?,
            None => joined,
        };
        Ok(Some(Signed { value, key_number }))
    }

    fn chosen_keys<'a>(&self, values: &Values<'a>) -> Result<Vec<(&'a Key, SigningMaterial)>, RenderError> {
        let rendering = values.rendering();
        let mut keys = Vec::new();
        let kind = rendering.credentials.auth.kind();
        if self.with_auth.as_ref().is_some_and(|kinds| !kinds.contains(&kind)) {
            return Ok(keys);
        }
        for key in rendering.credentials.signing_keys(rendering.now) {
            let format = rendering.profile.format_of(key.secret.reveal());
            let material = format.and_then(|format| format.material(&key.secret)).ok_or_else(|| {
                let (number, profile) = (key.number, &rendering.profile.name);
                RenderError::Invalid(format!("key {number} is not a secret that profile {profile} can use"))
            })?;
            if self.schemes.iter().any(|scheme| scheme.algorithm.fits(&material)) {
                keys.push((key, material));
            }
        }
        if let KeyChoice::Newest { previous_for } = self.keys {
            let fresh = keys.first().is_some_and(|(key, _)| rendering.now < key.created_at + previous_for);
            if fresh && keys.len() > 1 {
                keys.remove(0);
            }
            keys.truncate(1);
        }
        Ok(keys)
    }
}

impl Scheme {
    fn sign(
        &self,
        material: &SigningMaterial,
        values: &Values<'_>,
        body: &[u8],
    ) -> Result<Option<String>, RenderError> {
        if !self.algorithm.fits(material) {
            return Ok(None);
        }
        let chunks = self.content.chunks(values, body).ok_or_else(absent)?;
        let Some(signature) = self.algorithm.sign(material, &chunks) else { return Ok(None) };
        self.format.render(values, &self.encoding.encode(&signature)).ok_or_else(absent).map(Some)
    }
}

fn absent() -> RenderError {
    RenderError::Invalid("the profile signs a value that this message or endpoint does not have".into())
}
