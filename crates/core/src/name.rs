//! Names that come from outside, checked once at the edge.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    id::{ApplicationId, AttemptId, AuditId, EndpointId, EnvironmentId, ID_DIGITS, JobId, KeyId, MessageId},
    limits::{CHANNEL_CHARS, KEY_BYTES, NAME_CHARS},
};

/// What ids start with, of every kind: a uid that begins so could be taken for one of them.
const ID_PREFIXES: [&str; 8] = [
    EnvironmentId::PREFIX,
    ApplicationId::PREFIX,
    EndpointId::PREFIX,
    MessageId::PREFIX,
    AttemptId::PREFIX,
    KeyId::PREFIX,
    JobId::PREFIX,
    AuditId::PREFIX,
];

/// A text that is not a valid name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing, or more than the limit.
    #[error("must have 1 to {0} characters")]
    Length(usize),
    /// A character outside the allowed set.
    #[error("may hold only letters, digits, `-`, `_` and `.`, not {0:?}")]
    Character(char),
    /// Would be taken for an id.
    #[error("must not look like an id ({0}…)")]
    LooksLikeId(&'static str),
    /// A control character.
    #[error("must not hold control characters")]
    Control,
}

fn plain(text: &str, most: usize) -> Result<(), InvalidName> {
    if text.is_empty() || text.len() > most {
        return Err(InvalidName::Length(most));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(InvalidName::Character(c)),
        None => Ok(()),
    }
}

fn uid(text: &str) -> Result<(), InvalidName> {
    plain(text, NAME_CHARS)?;
    for prefix in ID_PREFIXES {
        if text.strip_prefix(prefix).is_some_and(|rest| rest.len() == ID_DIGITS) {
            return Err(InvalidName::LooksLikeId(prefix));
        }
    }
    Ok(())
}

fn printable(text: &str, most: usize) -> Result<(), InvalidName> {
    if text.is_empty() || text.len() > most {
        return Err(InvalidName::Length(most));
    }
    if text.chars().any(char::is_control) { Err(InvalidName::Control) } else { Ok(()) }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> Result<(), InvalidName> = $check;
                check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

names! {
    /// The platform's own id of an application or endpoint: `[A-Za-z0-9\-_.]+`, at most 256, unlike an id.
    Uid = uid;
    /// The name of an event type, such as `invoice.paid`.
    EventTypeName = |text| plain(text, NAME_CHARS);
    /// The platform's own id of an event; unique within an application.
    EventId = |text| plain(text, NAME_CHARS);
    /// A channel: a free-form label that endpoints can filter by.
    Channel = |text| plain(text, CHANNEL_CHARS);
    /// A tag of a message, for finding it again.
    Tag = |text| plain(text, CHANNEL_CHARS);
    /// A feature flag that hides an event type from portal tokens without it.
    FeatureFlag = |text| plain(text, NAME_CHARS);
    /// What events are ordered by at an ordered endpoint.
    OrderingKey = |text| printable(text, KEY_BYTES);
    /// What a message and those that supersede it have in common.
    ReplaceKey = |text| printable(text, KEY_BYTES);
    /// What of an application an endpoint is for, such as a website's id.
    Scope = |text| printable(text, KEY_BYTES);
    /// The name of a profile, such as `standard`.
    ProfileName = |text| plain(text, 64);
}

#[cfg(test)]
mod tests;
