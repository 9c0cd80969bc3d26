use std::time::Duration;

use super::*;

fn place(session: &str, address: &str) -> Place {
    Place { session: session.to_owned(), address: address.to_owned() }
}

fn secret(text: &str) -> Note {
    Note { secret: Some(Secret::new(text)), told: Vec::new() }
}

fn revealed(note: Option<Note>) -> Option<String> {
    note.and_then(|note| note.secret).map(|secret| secret.reveal().to_owned())
}

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

#[test]
fn a_note_is_taken_once_by_its_own_session_at_its_own_address() {
    let notes = Notes::default();
    notes.keep(place("ada", "/keys?shown=1"), secret("one"), NOW);
    notes.keep(place("ada", "/keys?shown=2"), secret("two"), NOW);
    assert_eq!(revealed(notes.take(&place("bob", "/keys?shown=1"), NOW)), None);
    assert_eq!(revealed(notes.take(&place("ada", "/keys"), NOW)), None);
    assert_eq!(revealed(notes.take(&place("ada", "/keys?shown=2"), NOW)).as_deref(), Some("two"));
    assert_eq!(revealed(notes.take(&place("ada", "/keys?shown=1"), NOW)).as_deref(), Some("one"));
    assert_eq!(revealed(notes.take(&place("ada", "/keys?shown=1"), NOW)), None);
}

#[test]
fn a_note_that_nobody_takes_expires() {
    let notes = Notes::default();
    notes.keep(place("ada", "/keys?shown=1"), secret("one"), NOW);
    assert_eq!(revealed(notes.take(&place("ada", "/keys?shown=1"), NOW + NOTE_TIME)), None);
}

#[test]
fn notes_are_bounded_and_the_oldest_goes_first() {
    let notes = Notes::default();
    for number in 0..=NOTES {
        let at = NOW + Duration::from_millis(number as u64);
        notes.keep(place(&number.to_string(), "/keys"), secret("x"), at);
    }
    let later = NOW + Duration::from_secs(60);
    assert_eq!(notes.waiting.lock().len(), NOTES);
    assert!(notes.take(&place("0", "/keys"), later).is_none());
    assert!(notes.take(&place("1", "/keys"), later).is_some());
    // What has expired makes room for all that is new.
    let end = NOW + NOTE_TIME + Duration::from_secs(60);
    notes.keep(place("ada", "new"), secret("x"), end);
    notes.keep(place("ada", "newer"), secret("x"), end);
    assert_eq!(notes.waiting.lock().len(), 2);
}

#[test]
fn a_session_takes_the_place_of_its_own_notes_only() {
    let notes = Notes::default();
    notes.keep(place("bob", "/keys"), secret("his"), NOW);
    for number in 0..NOTES + NOTES_PER_SESSION {
        let at = NOW + Duration::from_millis(number as u64);
        notes.keep(place("ada", &number.to_string()), secret("hers"), at);
    }
    let later = NOW + Duration::from_secs(60);
    assert_eq!(notes.waiting.lock().len(), NOTES_PER_SESSION + 1);
    assert!(notes.take(&place("ada", &(NOTES - 1).to_string()), later).is_none());
    assert!(notes.take(&place("ada", &NOTES.to_string()), later).is_some(), "her newest are there");
    assert_eq!(revealed(notes.take(&place("bob", "/keys"), later)).as_deref(), Some("his"));
}
