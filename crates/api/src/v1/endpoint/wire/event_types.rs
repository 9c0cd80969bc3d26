//! The event types that an endpoint names: at least one, or the wildcard, which takes the place of all others.

use std::{borrow::Cow, collections::BTreeSet};

use fanfare_core::endpoint::EventFilter;
use serde::{Deserialize, Deserializer, de::Error};

/// A list of event types; one that holds `*` is `["*"]` (TRU-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventTypes(pub(crate) EventFilter);

const WILDCARD: &str = "*";

impl<'de> Deserialize<'de> for EventTypes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = Vec::<Cow<'de, str>>::deserialize(from)?;
        if names.is_empty() {
            return Err(D::Error::custom("must not be empty; pass null for every event type"));
        }
        if names.iter().any(|name| name == WILDCARD) {
            return Ok(Self(EventFilter::Wildcard));
        }
        let types: Result<BTreeSet<_>, _> = names.iter().map(|name| name.parse()).collect();
        types.map(|types| Self(EventFilter::Types(types))).map_err(D::Error::custom)
    }
}
