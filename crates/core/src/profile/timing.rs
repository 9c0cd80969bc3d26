//! Messages that wait, and messages that take the place of others, by the rules of a profile. What a message
//! says itself wins.

use std::{collections::BTreeSet, time::Duration};

use super::Profile;
use crate::{
    name::{EventTypeName, ReplaceKey},
    payload::PayloadPath,
    time::Timestamp,
};

/// Which messages wait, and how long (QUA-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// The types that wait.
    pub types: BTreeSet<EventTypeName>,
    /// Where the payload says from when the time counts (RFC 3339); without it, from when the message came.
    pub from: Option<PayloadPath>,
    /// How long.
    pub wait: Duration,
}

/// Which messages take the place of others: those with the same key in the same application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseding {
    /// Where the payload says the key: a string or a number.
    pub key: Option<PayloadPath>,
    /// The types that supersede; none is any.
    pub types: Option<BTreeSet<EventTypeName>>,
}

impl Profile {
    /// When a message is to be delivered by the profile's rules; none is at once.
    pub fn deliver_at(&self, kind: &EventTypeName, payload: &[u8], now: Timestamp) -> Option<Timestamp> {
        let delay = self.delays.iter().find(|delay| delay.types.contains(kind))?;
        let from = delay.from.as_ref().and_then(|path| path.time_in(payload)).unwrap_or(now);
        let at = from + delay.wait;
        (at > now).then_some(at)
    }

    /// The key that a message has by the profile's rules.
    pub fn replace_key(&self, payload: &[u8]) -> Option<ReplaceKey> {
        let path = self.superseding.as_ref()?.key.as_ref()?;
        path.text_in(payload)?.parse().ok()
    }

    /// Whether messages of that type supersede older ones with their key.
    pub fn supersedes(&self, kind: &EventTypeName) -> bool {
        let types = self.superseding.as_ref().and_then(|rules| rules.types.as_ref());
        types.is_none_or(|types| types.contains(kind))
    }
}
