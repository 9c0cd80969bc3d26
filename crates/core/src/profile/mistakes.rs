//! Mistakes in a profile's text: gathered, so that all are told at once, each with its line and column.

use std::cell::RefCell;

use toml::Spanned;

use super::{ProfileError, ProfileErrors};

/// The mistakes found in a text so far.
pub(super) struct Mistakes<'t> {
    text: &'t str,
    found: RefCell<Vec<ProfileError>>,
}

impl<'t> Mistakes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// A mistake in what begins at a byte.
    pub(super) fn at(&self, byte: usize, message: impl Into<String>) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.found.borrow_mut().push(ProfileError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        });
    }

    /// A mistake in a whole key or value.
    pub(super) fn about<T>(&self, about: &Spanned<T>, message: impl Into<String>) {
        self.at(about.span().start, message);
    }

    /// A mistake at a byte within a string. Where the string is written with escapes its bytes cannot be told
    /// apart, so the mistake is the whole string's.
    pub(super) fn within(&self, about: &Spanned<String>, offset: usize, message: impl Into<String>) {
        let span = about.span();
        let written = self.text.get(span.clone()).unwrap_or_default();
        let at = written.find(about.get_ref().as_str()).map_or(0, |quotes| quotes + offset);
        self.at(span.start + at, message);
    }

    /// How many there are by now.
    pub(super) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// All of them in the order of the text; none if there are none.
    pub(super) fn all(self) -> Option<ProfileErrors> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|mistake| (mistake.line, mistake.column));
        found.dedup();
        (!found.is_empty()).then_some(ProfileErrors(found))
    }
}
