//! Looking into payloads: paths such as `payload.campaign.id`.

use std::{fmt, str::FromStr};

use serde_json::{Value, value::RawValue};

use crate::time::Timestamp;

/// How many names a path has at most.
const PATH_NAMES: usize = 16;

/// Where in a payload a value stands: `payload.` and the names of members, with dots between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadPath(Vec<String>);

/// Why a text is not a path into a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a path into the payload: write `payload.` and 1 to {PATH_NAMES} names, such as `payload.campaign.id`"
)]
pub struct InvalidPath(String);

impl FromStr for PayloadPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let wrong = || InvalidPath(text.to_owned());
        let names: Vec<_> =
            text.strip_prefix("payload.").ok_or_else(wrong)?.split('.').map(str::to_owned).collect();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let sound = |name: &String| !name.is_empty() && name.chars().all(allowed);
        if names.len() > PATH_NAMES || !names.iter().all(sound) {
            return Err(wrong());
        }
        Ok(Self(names))
    }
}

impl fmt::Display for PayloadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload.{}", self.0.join("."))
    }
}

impl PayloadPath {
    /// The string or number that stands there, as text; none for anything else.
    pub fn text_in(&self, payload: &[u8]) -> Option<String> {
        match serde_json::from_str(self.raw_in(payload)?.get()).ok()? {
            Value::String(text) => Some(text),
            // As it is written: a big number is not rounded.
            Value::Number(_) => Some(self.raw_in(payload)?.get().to_owned()),
            _ => None,
        }
    }

    /// The time that stands there (RFC 3339).
    pub fn time_in(&self, payload: &[u8]) -> Option<Timestamp> {
        let time: jiff::Timestamp = self.text_in(payload)?.parse().ok()?;
        Some(Timestamp(time.as_microsecond()))
    }

    fn raw_in<'p>(&self, payload: &'p [u8]) -> Option<&'p RawValue> {
        let text = std::str::from_utf8(payload).ok()?;
        let mut value: &RawValue = serde_json::from_str(text).ok()?;
        for name in &self.0 {
            value = member(value, name)?;
        }
        Some(value)
    }
}

/// The last member of that name, as most parsers take it.
fn member<'p>(object: &'p RawValue, name: &str) -> Option<&'p RawValue> {
    let mut members: std::collections::BTreeMap<std::borrow::Cow<'p, str>, &'p RawValue> =
        serde_json::from_str(object.get()).ok()?;
    members.remove(name)
}
