//! What somebody wants to have sent again, read from the form.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fanfare_core::{
    delivery::DeliveryState as S,
    id::EndpointId,
    limits::{ENDPOINT_EVENT_TYPES, RECOVER_MOST, REPLAY_RATE, REPLAY_RATE_MOST},
    name::EventTypeName,
    replay::Selection,
    time::Timestamp,
};

use crate::{application::log, form::Form};

/// The kinds of deliveries that can be chosen: word, title, explanation, states.
pub(super) const KINDS: [(&str, &str, &str, &[S]); 4] = [
    ("failed", "Failed or blocked", "Given up after the last attempt.", &Selection::LOST),
    ("delivered", "Delivered", "Arrived once already: for a server that has lost it.", &[S::Succeeded]),
    ("ended", "Cancelled or skipped", "Called off before they arrived.", &[S::Cancelled, S::Skipped]),
    (
        MISSED,
        "Missed while disabled",
        "What came while this endpoint was disabled and, as it is set up today, is for it.",
        &[],
    ),
];

const MISSED: &str = "missed";
/// The range that the form begins with.
const USUAL: Duration = Duration::from_secs(24 * 60 * 60);

/// What is sent again, and how fast.
pub(super) struct Wish {
    pub(super) selection: Selection,
    pub(super) rate: u32,
}

/// The form before anything was chosen: what failed within the last day.
pub(super) fn usual(now: Timestamp) -> Form {
    Form::of([
        ("since", (now - USUAL).to_rfc3339_millis()),
        ("kind", "failed".to_owned()),
        ("rate", REPLAY_RATE.to_string()),
    ])
}

/// A time as a `datetime-local` field takes it; what is no time stays as it was typed.
pub(super) fn local(text: &str) -> String {
    instant(text).map_or_else(|| text.to_owned(), |at| at.format("%Y-%m-%dT%H:%M"))
}

/// A time as the form, or its confirmation, says it.
fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok().or_else(|| log::time(text))
}

impl Wish {
    /// Reads the form; notes its mistakes and answers nothing where there are some.
    pub(super) fn read(form: &mut Form, endpoint: EndpointId, now: Timestamp) -> Option<Self> {
        // All of them, so that each mistake is shown at once.
        let (range, kinds, event_types, rate) =
            (range(form, now), kinds(form), event_types(form), rate(form));
        let ((since, until), (states, missed), event_types, rate) = (range?, kinds?, event_types?, rate?);
        if missed && now.since(since) > RECOVER_MOST {
            let days = RECOVER_MOST.as_secs() / 86_400;
            form.mistake("since", format!("must not be more than {days} days ago for what was missed"));
            return None;
        }
        let despite = form.text("despite") == "yes";
        let selection = Selection {
            endpoints: Some(BTreeSet::from([endpoint])),
            event_types,
            states,
            since,
            until,
            superseded: despite,
            expired: despite,
            missed,
        };
        Some(Self { selection, rate })
    }

    /// The same as hidden fields.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let Selection { event_types, states, since, until, expired, missed, .. } = &self.selection;
        let mut fields =
            vec![("since", since.to_string()), ("until", until.to_string()), ("rate", self.rate.to_string())];
        let kinds = KINDS.iter().filter(|(word, _, _, of)| {
            if *word == MISSED { *missed } else { of.iter().all(|state| states.contains(state)) }
        });
        fields.extend(kinds.map(|(word, ..)| ("kind", (*word).to_owned())));
        fields.extend(event_types.iter().flatten().map(|name| ("event", name.as_str().to_owned())));
        if *expired {
            fields.push(("despite", "yes".to_owned()));
        }
        fields
    }
}

fn range(form: &mut Form, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let read = |form: &Form, name| form.given(name).map(|text| instant(text).ok_or(()));
    let (since, until) = (read(form, "since"), read(form, "until"));
    if until == Some(Err(())) {
        form.mistake("until", "must be a time, such as 2026-11-21T17:30; or empty, for now");
    }
    let Some(Ok(since)) = since else {
        form.mistake("since", "must be a time, such as 2026-11-21T16:30");
        return None;
    };
    let until = until.unwrap_or(Ok(now)).ok()?.min(now);
    if since >= until {
        form.mistake("since", "must be before the end of the range, and in the past");
        return None;
    }
    Some((since, until))
}

fn kinds(form: &mut Form) -> Option<(Vec<S>, bool)> {
    let known: BTreeMap<_, _> = KINDS.iter().map(|(word, _, _, states)| (*word, *states)).collect();
    let asked: BTreeSet<String> = form.all("kind").map(ToOwned::to_owned).collect();
    if asked.is_empty() || asked.iter().any(|word| !known.contains_key(word.as_str())) {
        form.mistake("kind", "choose at least one");
        return None;
    }
    let states = asked.iter().flat_map(|word| known[word.as_str()]).copied().collect();
    Some((states, asked.contains(MISSED)))
}

fn event_types(form: &mut Form) -> Option<Option<BTreeSet<EventTypeName>>> {
    let asked: Vec<String> =
        form.all("event").filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    if asked.len() > ENDPOINT_EVENT_TYPES {
        form.mistake("event", format!("choose at most {ENDPOINT_EVENT_TYPES}; none is all"));
        return None;
    }
    let names: Result<BTreeSet<_>, _> = asked.iter().map(|name| name.parse::<EventTypeName>()).collect();
    match names {
        Ok(names) => Some((!names.is_empty()).then_some(names)),
        Err(error) => {
            form.mistake("event", error.to_string());
            None
        }
    }
}

fn rate(form: &mut Form) -> Option<u32> {
    let rate = form.text("rate").trim().parse().ok().filter(|rate| (1..=REPLAY_RATE_MOST).contains(rate));
    if rate.is_none() {
        form.mistake("rate", format!("must be a whole number from 1 to {REPLAY_RATE_MOST}"));
    }
    rate
}

#[cfg(test)]
mod tests;
