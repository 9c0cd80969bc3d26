//! Strings with placeholders, `{message.id}.{body}`: parsed when a profile is loaded, never per message.

use std::{borrow::Cow, fmt};

use super::value::{Place, Value, Values, name_at};

/// A string with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Value(Value),
}

/// What is wrong with a template, and at which byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl TemplateError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

impl Template {
    /// Parses a string; `{{` and `}}` stand for the braces themselves.
    pub(crate) fn parse(text: &str, place: Place) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let offset = text.len() - rest.len() + at;
            literal.push_str(&rest[..at]);
            let tail = &rest[at..];
            if tail.starts_with("{{") || tail.starts_with("}}") {
                errors.extend(doubled(tail).map(|message| TemplateError::new(offset, message)));
                literal.push_str(&tail[..1]);
                rest = &tail[2..];
                continue;
            }
            let (name, after) = match placeholder(tail) {
                Ok(found) => found,
                Err(message) => {
                    errors.push(TemplateError::new(offset, message));
                    rest = &tail[1..];
                    continue;
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            match Value::named(name, place) {
                Ok(value) => pieces.push(Piece::Value(value)),
                Err(message) => errors.push(TemplateError::new(offset + 1, message)),
            }
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        for (at, _) in text.match_indices('$') {
            if let Some(name) = name_at(&text[at + 1..]) {
                let message = format!("`${name}` would stand there as it is: write `{{{name}}}`");
                errors.push(TemplateError::new(at, message));
            }
        }
        if errors.is_empty() { Ok(Self { pieces }) } else { Err(errors) }
    }

    /// Its parts, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it names `value`.
    pub(crate) fn names(&self, value: Value) -> bool {
        self.any(&|named| named == value)
    }

    /// Whether one of the values that it names is such a one.
    pub(crate) fn any(&self, is: &dyn Fn(Value) -> bool) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value(value) if is(*value)))
    }

    /// Whether it cannot be written for every message and endpoint.
    pub(crate) fn may_be_absent(&self) -> bool {
        self.any(&Value::may_be_absent)
    }

    /// The text, with `slot` for the signature or signatures; none if a value is absent.
    pub(crate) fn render(&self, values: &Values<'_>, slot: &str) -> Option<String> {
        let mut text = String::with_capacity(64);
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Value(Value::Signature | Value::Signatures) => text.push_str(slot),
                Piece::Value(value) => values.write_text(*value, &mut text).then_some(())?,
            }
        }
        Some(text)
    }

    /// The text in pieces, so that the body is not copied; none if a value is absent.
    pub(crate) fn chunks<'a>(&'a self, values: &Values<'_>, body: &'a [u8]) -> Option<Vec<Cow<'a, [u8]>>> {
        let chunk = |piece: &'a Piece| match piece {
            Piece::Text(literal) => Some(Cow::Borrowed(literal.as_bytes())),
            Piece::Value(Value::Body) => Some(Cow::Borrowed(body)),
            Piece::Value(value) => {
                let mut text = String::with_capacity(32);
                values.write_text(*value, &mut text).then(|| Cow::Owned(text.into_bytes()))
            }
        };
        self.pieces.iter().map(chunk).collect()
    }
}

/// As a profile writes it.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(literal) => f.write_str(&literal.replace('{', "{{").replace('}', "}}")),
            Piece::Value(value) => write!(f, "{{{value}}}"),
        })
    }
}

/// Doubled braces around the name of a value were meant to be single ones.
fn doubled(text: &str) -> Option<String> {
    let name = name_at(text.strip_prefix("{{")?)?;
    let is_all = text[2 + name.len()..].starts_with("}}");
    is_all
        .then(|| format!("`{{{{{name}}}}}` would be the text `{{{name}}}`: write `{{{name}}}` for the value"))
}

/// The name within braces at the start of `text`, and what follows them.
fn placeholder(text: &str) -> Result<(&str, &str), &'static str> {
    let inner = text.strip_prefix('{').ok_or("a `}` that closes nothing; write `}}` for the brace itself")?;
    inner.split_once('}').ok_or("a `{` that is never closed; write `{{` for the brace itself")
}
