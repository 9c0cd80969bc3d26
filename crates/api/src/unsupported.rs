//! Fields that Fanfare's API names but this version does not offer: refused rather than ignored, so that
//! nobody believes in a setting that does nothing.

use serde::{Deserialize, Deserializer, de::IgnoredAny};

/// The value of a field that is not supported: only `null` passes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(from)? {
            None => Ok(Self),
            Some(_) => Err(serde::de::Error::custom("is not supported by this version")),
        }
    }
}
