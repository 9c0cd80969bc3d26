//! A field of a partial update: absent (leave it), null (clear it), or a value.

use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// What a PATCH says about one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Patch<T> {
    /// Nothing: it stays.
    #[default]
    Absent,
    /// `null`: it is cleared.
    Null,
    /// A new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The value, if there is one: for bodies that state everything.
    pub(crate) fn into_option(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// What was said under either of a field's two names (two generations of SDKs are in use). Who gives both must
/// say the same: answers carry both, and clients send them back.
pub(crate) fn either<T: PartialEq>(
    new: (&str, Patch<T>),
    old: (&str, Patch<T>),
) -> Result<Patch<T>, ApiError> {
    match (new.1, old.1) {
        (value, Patch::Absent) | (Patch::Absent, value) => Ok(value),
        (value, other) if value == other => Ok(value),
        _ => {
            let msg = format!("says something else than {}, which is the same field", old.0);
            Err(ApiError::invalid(&["body", new.0], msg))
        }
    }
}

impl<T: Clone> Patch<T> {
    /// Applies it to a value that can be absent.
    pub(crate) fn apply(&self, to: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *to = None,
            Self::Set(value) => *to = Some(value.clone()),
        }
    }

    /// Applies it to a value that is always there: `null` brings its default back.
    pub(crate) fn apply_or(&self, to: &mut T, default: impl FnOnce() -> T) {
        match self {
            Self::Absent => {}
            Self::Null => *to = default(),
            Self::Set(value) => *to = value.clone(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(from)?.map_or(Self::Null, Self::Set))
    }
}
