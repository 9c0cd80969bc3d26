//! What is shown once: a new key, a secret, what somebody should know of a change just made. The form that made
//! it answers with a redirect, and the page that this leads to takes the note; loading it again shows nothing,
//! and repeats nothing.
//!
//! Notes are kept in memory only. They belong to a session and to one address with a random part, so that
//! several windows of a browser do not take each other's; what one session leaves there takes the place of its
//! own.

use std::{collections::HashMap, fmt::Write as _};

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::{
    limits::{NOTE_TIME, NOTES, NOTES_PER_SESSION},
    secret::Secret,
    time::Timestamp,
};
use parking_lot::Mutex;

use crate::{Console, visit::Visit};

/// What is shown once.
#[derive(Debug, Default)]
pub(crate) struct Note {
    /// A secret that was just made or asked for.
    pub(crate) secret: Option<Secret>,
    /// What the visitor should know.
    pub(crate) told: Vec<String>,
}

/// Notes that nobody has taken yet.
#[derive(Default)]
pub(crate) struct Notes {
    waiting: Mutex<HashMap<Place, (Timestamp, Note)>>,
}

/// What the forms of the session carry, and the address with its query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    session: String,
    address: String,
}

impl Notes {
    fn keep(&self, place: Place, note: Note, now: Timestamp) {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= NOTES {
            waiting.retain(|_, (kept_at, _)| now.since(*kept_at) < NOTE_TIME);
        }
        let is_own = |kept: &Place| kept.session == place.session;
        if waiting.keys().filter(|kept| is_own(kept)).count() >= NOTES_PER_SESSION {
            drop_first(&mut waiting, is_own);
        } else if waiting.len() >= NOTES {
            drop_first(&mut waiting, |_| true);
        }
        waiting.insert(place, (now, note));
    }

    fn take(&self, place: &Place, now: Timestamp) -> Option<Note> {
        let (kept_at, note) = self.waiting.lock().remove(place)?;
        (now.since(kept_at) < NOTE_TIME).then_some(note)
    }
}

/// So many changes at once: of those, the one that was made first has had the most time to be read.
fn drop_first(waiting: &mut HashMap<Place, (Timestamp, Note)>, of: impl Fn(&Place) -> bool) {
    let first = waiting.iter().filter(|(place, _)| of(place)).min_by_key(|(_, (kept_at, _))| *kept_at);
    if let Some(place) = first.map(|(place, _)| place.clone()) {
        waiting.remove(&place);
    }
}

impl Visit {
    /// The answer to a form: to the page at `address`, which shows `note` once.
    pub(crate) fn shown_once(&self, console: &Console, address: &str, note: Note) -> Response {
        let mut bytes = [0; 16];
        console.engine.context().ports.entropy.fill(&mut bytes);
        let joint = if address.contains('?') { '&' } else { '?' };
        let mut address = format!("{address}{joint}shown=");
        for byte in bytes {
            write!(address, "{byte:02x}").expect("text takes everything");
        }
        let place = Place { session: self.chrome.csrf.clone(), address: address.clone() };
        console.notes.keep(place, note, console.engine.now());
        Redirect::to(&address).into_response()
    }

    /// The note of the page that is asked for, unless it was shown already.
    pub(crate) fn note(&self, console: &Console) -> Note {
        let place = Place { session: self.chrome.csrf.clone(), address: self.chrome.here.clone() };
        console.notes.take(&place, console.engine.now()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
