//! Ids: a prefix and a millisecond KSUID (27 base62 characters), strictly increasing within a process.
//!
//! They are *not* an order across nodes; what must be ordered carries a `seq` that the store gives.

use std::{fmt, str::FromStr, sync::Mutex};

use serde::{Deserialize, Serialize};
use svix_ksuid::{KsuidLike, KsuidMs};

use crate::{
    ports::{Clock, Entropy},
    time::Timestamp,
};

/// Length of an id's binary form in bytes: 5 of time, 15 of entropy.
pub const ID_BYTES: usize = 20;
/// Base62 digits of an id after its prefix.
pub const ID_DIGITS: usize = 27;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected `{prefix}` followed by 27 letters and digits")]
pub struct InvalidId {
    /// The prefix that was expected, with its underscore.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; ID_BYTES]);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;
        }

        impl From<[u8; ID_BYTES]> for $name {
            fn from(bytes: [u8; ID_BYTES]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), KsuidMs::from_bytes(self.0).to_base62())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
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

ids! {
    /// An environment: the isolation unit of a platform.
    EnvironmentId = "env_";
    /// An application: one customer of the platform.
    ApplicationId = "app_";
    /// An endpoint: a URL of a customer.
    EndpointId = "ep_";
    /// A message: one event that happened in one application.
    MessageId = "msg_";
    /// An attempt: one HTTP request of a delivery.
    AttemptId = "atmpt_";
    /// An API key or portal token (its public name; never the secret part).
    KeyId = "key_";
    /// A background job, such as the recovery of an endpoint.
    JobId = "job_";
    /// An audit row.
    AuditId = "audit_";
    /// An inbox of an application.
    InboxId = "inbox_";
}

fn parse(prefix: &'static str, text: &str) -> Result<[u8; ID_BYTES], InvalidId> {
    let invalid = InvalidId { prefix };
    let digits = text.strip_prefix(prefix).ok_or(invalid.clone())?;
    if digits.len() != ID_DIGITS {
        return Err(invalid);
    }
    let ksuid = KsuidMs::from_base62(digits).map_err(|_| invalid.clone())?;
    // Base62 of 27 digits holds more than 160 bits: only the canonical spelling is an id.
    if ksuid.to_base62() != digits {
        return Err(invalid);
    }
    Ok(*ksuid.bytes())
}

/// Milliseconds since 1970 that the time in an id can tell: from May 2014 for 2^32 seconds.
const ID_MILLIS: std::ops::Range<i64> = 1_400_000_000_000..1_400_000_000_000 + (1_000 << 32);

/// The smallest id bytes that an id made at `at` can have: lets a time window become an id range. Times that
/// no id can tell are before or after all ids.
pub fn first_id_at(at: Timestamp) -> [u8; ID_BYTES] {
    if at.as_millis() < ID_MILLIS.start {
        return [0; ID_BYTES];
    }
    if at.as_millis() >= ID_MILLIS.end {
        return [0xff; ID_BYTES];
    }
    *KsuidMs::from_millis(Some(at.as_millis()), Some(&[0; 15])).bytes()
}

/// Makes ids: time from the clock, the rest from entropy, each greater than the one before.
#[derive(Debug, Default)]
pub struct IdMint {
    last: Mutex<[u8; ID_BYTES]>,
}

impl IdMint {
    /// A new id of the wanted kind.
    pub fn mint<I: From<[u8; ID_BYTES]>>(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> I {
        let mut payload = [0; 15];
        entropy.fill(&mut payload);
        let fresh = *KsuidMs::from_millis(Some(clock.now().as_millis()), Some(&payload)).bytes();
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = if fresh > *last { fresh } else { successor(*last) };
        I::from(*last)
    }
}

/// The next greater id, counting the bytes as one number.
pub fn successor(mut id: [u8; ID_BYTES]) -> [u8; ID_BYTES] {
    for byte in id.iter_mut().rev() {
        let (next, wrapped) = byte.overflowing_add(1);
        *byte = next;
        if !wrapped {
            break;
        }
    }
    id
}

#[cfg(test)]
mod tests;
