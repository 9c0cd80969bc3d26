//! Which messages wait, and which take the place of others.

use std::collections::BTreeSet;

use super::{event_type, path};
use crate::{
    limits::DELAY_MOST,
    name::EventTypeName,
    profile::{Catalogue, Delay, Superseding, section::Section, suggest::nearest, text::Span},
};

pub(super) fn delays(sections: Vec<Section<'_, '_>>, events: &Catalogue) -> Vec<Delay> {
    let mut named = BTreeSet::new();
    sections.into_iter().filter_map(|section| delay(section, events, &mut named)).collect()
}

fn delay(
    mut section: Section<'_, '_>,
    events: &Catalogue,
    named: &mut BTreeSet<EventTypeName>,
) -> Option<Delay> {
    section.must_have("types");
    let types = types(&mut section, events, named);
    let from = section.spanned("from").and_then(|text| path(&text, section.mistakes));
    let wait = section.required::<Span>("wait");
    if let Some(wait) = &wait {
        let span = wait.get_ref().0;
        if span.is_zero() || span > DELAY_MOST {
            let days = DELAY_MOST.as_secs() / 86_400;
            section.mistakes.about(wait, format!("a delay is more than 0s and at most {days}d"));
        }
    }
    section.end();
    Some(Delay { types: types?, from, wait: wait?.into_inner().0 })
}

pub(super) fn superseding(mut section: Section<'_, '_>, events: &Catalogue) -> Option<Superseding> {
    let key = section.required("key").and_then(|text| path(&text, section.mistakes));
    let types = types(&mut section, events, &mut BTreeSet::new());
    section.end();
    Some(Superseding { key: Some(key?), types })
}

/// The event types of a rule. `named` are those of earlier rules, for the first one holds.
fn types(
    section: &mut Section<'_, '_>,
    events: &Catalogue,
    named: &mut BTreeSet<EventTypeName>,
) -> Option<BTreeSet<EventTypeName>> {
    let mistakes = section.mistakes;
    let listed = section.some::<String>("types", "name at least one event type")?;
    let mut types = BTreeSet::new();
    for text in listed.get_ref() {
        let Some(kind) = event_type(text, mistakes) else { continue };
        if !named.insert(kind.clone()) {
            mistakes.about(text, "this type was named before, and the first rule holds");
        } else if events.strict && !events.is_canonical(&kind) {
            let known = events.types.iter().map(|known| known.name.as_str());
            let hint = nearest(kind.as_str(), known).map(|near| format!("; did you mean `{near}`?"));
            let message = "the catalogue is strict and has no such type among [[events.types]]";
            mistakes.about(text, format!("{message}{}", hint.unwrap_or_default()));
        }
        types.insert(kind);
    }
    Some(types)
}
