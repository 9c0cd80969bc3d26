//! Standard output for people: colours on a terminal, none elsewhere.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
};

use anyhow::{Context as _, Result};

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Writes a note to standard error, where it does not mix with what a script reads.
pub(super) fn note(text: &str) -> Result<()> {
    let mut out = io::stderr().lock();
    writeln!(out, "{text}").context("cannot write to standard error")
}

/// Writes what only people want to know: to standard error where that is a terminal.
pub(super) fn aside(text: &str) -> Result<()> {
    if io::stderr().is_terminal() { note(text) } else { Ok(()) }
}

/// A way to stand out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    /// Bold.
    Strong,
    /// Dim.
    Quiet,
    /// Green.
    Good,
    /// Red.
    Bad,
}

/// Whether standard output shows colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours(bool);

impl Colours {
    /// On a terminal, unless the user said otherwise (<https://no-color.org>).
    pub(super) fn of_stdout() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a wish about the terminal, not a setting of ours")]
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(io::stdout().is_terminal() && !unwanted)
    }

    /// No colours at all.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(false)
    }

    /// `text` in this style.
    pub(super) fn paint<T: fmt::Display>(self, style: Style, text: T) -> String {
        let code = match style {
            Style::Strong => "1",
            Style::Quiet => "2",
            Style::Good => "32",
            Style::Bad => "31",
        };
        let text = text.to_string();
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
    }
}

/// A table with aligned columns; the first row is its head.
pub(super) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A number of things, with the word for one or for several of them.
pub(super) fn count(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// A size for people.
pub(super) fn bytes(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
