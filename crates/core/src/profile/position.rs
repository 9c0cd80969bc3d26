//! Positions in a profile's text: what turns byte ranges into lines and columns.

use std::ops::Range;

use toml::Spanned;

use super::ProfileError;

/// The text that positions are in.
#[derive(Clone, Copy)]
pub(super) struct Source<'t>(pub(super) &'t str);

impl Source<'_> {
    /// An error about what begins at a byte.
    pub(super) fn error_at(self, byte: usize, message: impl Into<String>) -> ProfileError {
        let before = self.0.get(..byte).unwrap_or(self.0);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ProfileError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }

    /// An error about a whole key or value.
    pub(super) fn error<T>(self, about: &Spanned<T>, message: impl Into<String>) -> ProfileError {
        self.error_at(about.span().start, message)
    }

    /// An error about a byte within a string. Where the string is written with escapes its bytes cannot be
    /// told apart, so the error is about the whole.
    pub(super) fn error_in(
        self,
        about: &Spanned<String>,
        offset: usize,
        message: impl Into<String>,
    ) -> ProfileError {
        let Range { start, end } = about.span();
        let written = self.0.get(start..end).unwrap_or_default();
        let at = written.find(about.get_ref().as_str()).map_or(0, |quotes| quotes + offset);
        self.error_at(start + at, message)
    }
}
