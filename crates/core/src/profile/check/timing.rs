//! Which messages wait, and which take the place of others.

use std::collections::BTreeSet;

use toml::Spanned;

use super::{event_type, path};
use crate::{
    limits::DELAY_MOST,
    name::EventTypeName,
    profile::{
        Delay, ProfileError, Superseding,
        file::{DelaySection, SupersedingSection},
        position::Source,
    },
};

pub(super) fn delay(section: &DelaySection, source: Source<'_>) -> Result<Delay, ProfileError> {
    let wait = section.wait.get_ref().0;
    if wait.is_zero() || wait > DELAY_MOST {
        let days = DELAY_MOST.as_secs() / 86_400;
        return Err(source.error(&section.wait, format!("a delay is more than 0s and at most {days}d")));
    }
    Ok(Delay {
        types: types(&section.types, source)?,
        from: section.from.as_ref().map(|text| path(text, source)).transpose()?,
        wait,
    })
}

pub(super) fn superseding(
    section: &Spanned<SupersedingSection>,
    source: Source<'_>,
) -> Result<Superseding, ProfileError> {
    let SupersedingSection { key, types: named } = section.get_ref();
    Ok(Superseding {
        key: key.as_ref().map(|text| path(text, source)).transpose()?,
        types: named.as_ref().map(|named| types(named, source)).transpose()?,
    })
}

fn types(
    named: &Spanned<Vec<Spanned<String>>>,
    source: Source<'_>,
) -> Result<BTreeSet<EventTypeName>, ProfileError> {
    if named.get_ref().is_empty() {
        return Err(source.error(named, "name at least one event type"));
    }
    named.get_ref().iter().map(|name| event_type(name, source)).collect()
}
