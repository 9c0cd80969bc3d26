//! Requests and checks as people read them. Nothing that a sender wrote reaches the terminal as a command to it.

use fanfare_core::{
    limits::SHOWN_BODY_BYTES,
    verify::{Check, Verdict},
};

use super::{
    super::terminal::{Colours, Style},
    indent::indented,
    mask::{Shown, ShownBody},
};
use crate::receiver::Reply;

/// A request as it came; JSON in its body indented where that is wanted.
pub(crate) fn request_text(shown: &Shown, indent: bool, colours: Colours) -> String {
    let mut text = format!("{}\n", colours.paint(Style::Strong, printable(&shown.line)));
    for (name, value) in &shown.headers {
        text += &format!("{} {}\n", colours.paint(Style::Quiet, printable(name) + ":"), printable(value));
    }
    let body = body_text(shown, indent);
    if body.is_empty() { text } else { format!("{text}\n{body}\n") }
}

fn body_text(shown: &Shown, indent: bool) -> String {
    let text = match &shown.body {
        ShownBody::Text(text) => text,
        ShownBody::Bytes(bytes) => return format!("({} bytes that are not text)", bytes.len()),
    };
    let text = indented(text).filter(|_| indent).unwrap_or_else(|| text.clone());
    let text = printable(&text);
    if text.len() <= SHOWN_BODY_BYTES {
        return text;
    }
    let cut = text.floor_char_boundary(SHOWN_BODY_BYTES);
    format!("{}\n(cut here: the body has {} bytes; --json shows all of them)", &text[..cut], shown.body_bytes)
}

/// A line for each check.
pub(crate) fn checks_text(checks: &[Check], colours: Colours) -> String {
    let width = checks.iter().map(|check| check.part.chars().count()).max().unwrap_or(0);
    let line = |check: &Check| {
        let (style, word) = match check.outcome {
            Verdict::Right => (Style::Good, "ok     "),
            Verdict::Unchecked => (Style::Strong, "unknown"),
            Verdict::Wrong => (Style::Bad, "WRONG  "),
        };
        let part = printable(&check.part);
        format!("  {} {part:width$}  {}\n", colours.paint(style, word), printable(&check.detail))
    };
    checks.iter().map(line).collect()
}

/// What was answered.
pub(crate) fn reply_text(reply: &Reply) -> String {
    match reply {
        Reply::Answer { status, wait, headers } => {
            let mut text = status.to_string();
            if !wait.is_zero() {
                text += &format!(" after {wait:?}");
            }
            headers.iter().fold(text, |text, (name, value)| format!("{text}, {name}: {value}"))
        }
        Reply::Hang => "never".to_owned(),
        Reply::Close => "by closing the connection".to_owned(),
    }
}

/// Control characters but line ends are spelled out, and so is what turns the direction of writing.
fn printable(text: &str) -> String {
    let spelled = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let controls = c.is_control() && !matches!(c, '\n' | '\t');
        if turns || controls { c.escape_unicode().to_string() } else { c.to_string() }
    };
    text.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests;
