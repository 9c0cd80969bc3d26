//! Templates read backwards: which values a text that a template wrote was written with.

use crate::{
    render::{Piece, Template, TimeForm, Value},
    sign::Encoding,
    time::Timestamp,
};

/// Values and their texts, in the order they were found.
pub(super) type Found = Vec<(Value, String)>;

/// How many ways a text is tried to be taken apart before it counts as not readable.
const TRIES: usize = 50_000;

/// The values that a template wrote `text` with; those that are `known` stand as they are. None if it cannot
/// have written it.
pub(super) fn read(
    template: &Template,
    encoding: Encoding,
    text: &str,
    known: &[(Value, String)],
) -> Option<Found> {
    let mut reader = Reader { known, encoding, found: Vec::new(), tries: TRIES };
    reader
        .read(template.pieces(), text)
        .then(|| reader.found.into_iter().map(|(value, text)| (value, text.to_owned())).collect())
}

struct Reader<'t> {
    known: &'t [(Value, String)],
    encoding: Encoding,
    found: Vec<(Value, &'t str)>,
    tries: usize,
}

impl<'t> Reader<'t> {
    fn read(&mut self, pieces: &[Piece], text: &'t str) -> bool {
        match pieces {
            [] => text.is_empty(),
            [Piece::Text(literal), rest @ ..] => {
                text.strip_prefix(literal.as_str()).is_some_and(|text| self.read(rest, text))
            }
            [Piece::Value(value), rest @ ..] => match self.text_of(*value) {
                Some(known) => text.strip_prefix(known).is_some_and(|text| self.read(rest, text)),
                None => self.find(*value, rest, text),
            },
        }
    }

    /// Tries every length that the value's text can have.
    fn find(&mut self, value: Value, rest: &[Piece], text: &'t str) -> bool {
        let most = text.find(|c| !may_hold(value, c, self.encoding)).unwrap_or(text.len());
        // The last value takes all that is left.
        let least = if rest.is_empty() { text.len() } else { 1 };
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        for end in ends.filter(|end| (least..=most).contains(end)) {
            let Some(left) = self.tries.checked_sub(1) else { return false };
            self.tries = left;
            let (start, after) = text.split_at(end);
            self.found.push((value, start));
            if is_text_of(value, start) && self.read(rest, after) {
                return true;
            }
            self.found.pop();
        }
        false
    }

    fn text_of(&self, wanted: Value) -> Option<&'t str> {
        let known = self.known.iter().map(|(value, text)| (*value, text.as_str()));
        let mut all = known.chain(self.found.iter().copied());
        all.find(|(value, _)| *value == wanted).map(|(_, text)| text)
    }
}

/// Whether a text of this value may hold `c`.
fn may_hold(value: Value, c: char, encoding: Encoding) -> bool {
    match value {
        Value::MessageTime(_) | Value::AttemptTime(_) => c.is_ascii_digit() || "-:.TZ".contains(c),
        Value::Signature => match encoding {
            Encoding::Hex => c.is_ascii_hexdigit(),
            Encoding::Base64 => c.is_ascii_alphanumeric() || "+/=".contains(c),
            Encoding::Base64Url => c.is_ascii_alphanumeric() || "-_".contains(c),
        },
        _ => true,
    }
}

pub(super) fn is_text_of(value: Value, text: &str) -> bool {
    match value {
        Value::MessageTime(form) | Value::AttemptTime(form) => time(form, text).is_some(),
        Value::EndpointLive => matches!(text, "true" | "false"),
        _ => true,
    }
}

/// The time that a text in this form says.
pub(super) fn time(form: TimeForm, text: &str) -> Option<Timestamp> {
    let read = match form {
        TimeForm::Unix => Timestamp::from_seconds(text.parse().ok()?),
        TimeForm::UnixMillis => Timestamp::from_millis(text.parse().ok()?),
        TimeForm::Seconds | TimeForm::Millis | TimeForm::Micros => Timestamp::parse(text).ok()?,
    };
    let mut written = String::new();
    form.write(read, &mut written);
    (written == text).then_some(read)
}

/// The text of a value, by those found: itself, or another one that says as much.
pub(super) fn text_of(wanted: Value, found: &[(Value, String)]) -> Option<String> {
    let exact = found.iter().find(|(value, _)| *value == wanted).map(|(_, text)| text.clone());
    exact.or_else(|| time_text(wanted, found)).or_else(|| id_text(wanted, found))
}

/// Whether the text of `theirs` says what that of `wanted` is.
pub(super) fn says(theirs: Value, wanted: Value) -> bool {
    theirs == wanted
        || says_time(theirs, wanted)
        || (theirs.id_prefix().is_some() && wanted.id_prefix().is_some())
}

/// Whether both are the same time, `theirs` in a form at least as fine.
fn says_time(theirs: Value, wanted: Value) -> bool {
    let forms = form_of(theirs).zip(form_of(wanted));
    is_attempt(theirs) == is_attempt(wanted)
        && forms.is_some_and(|(theirs, wanted)| precision(theirs) >= precision(wanted))
}

/// A time that was found in a form at least as fine.
fn time_text(wanted: Value, found: &[(Value, String)]) -> Option<String> {
    let form = form_of(wanted)?;
    let finer = |(value, text): &(Value, String)| {
        let theirs = form_of(*value).filter(|_| says_time(*value, wanted))?;
        time(theirs, text)
    };
    let mut text = String::new();
    form.write(found.iter().find_map(finer)?, &mut text);
    Some(text)
}

/// The message's id and the ids made of it differ in their prefix only.
fn id_text(wanted: Value, found: &[(Value, String)]) -> Option<String> {
    let prefix = wanted.id_prefix()?;
    let digits = |(value, text): &(Value, String)| Some(text.strip_prefix(&value.id_prefix()?)?.to_owned());
    found.iter().find_map(digits).map(|digits| prefix + &digits)
}

/// When the attempt was made, if the request says so.
pub(super) fn attempt_time(found: &[(Value, String)]) -> Option<Timestamp> {
    let attempt = |(value, text): &(Value, String)| {
        is_attempt(*value).then(|| form_of(*value)).flatten().and_then(|form| time(form, text))
    };
    found.iter().find_map(attempt)
}

fn is_attempt(value: Value) -> bool {
    matches!(value, Value::AttemptTime(_))
}

fn form_of(value: Value) -> Option<TimeForm> {
    match value {
        Value::AttemptTime(form) | Value::MessageTime(form) => Some(form),
        _ => None,
    }
}

fn precision(form: TimeForm) -> u8 {
    match form {
        TimeForm::Unix | TimeForm::Seconds => 0,
        TimeForm::UnixMillis | TimeForm::Millis => 3,
        TimeForm::Micros => 6,
    }
}
