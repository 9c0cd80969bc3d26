//! The headers that a profile writes, in the order of its text, and those that it keeps for itself.

use toml::Spanned;

use super::{super::HTTP_OWN, template::Templates};
use crate::{
    profile::{ReservedHeader, mistakes::Mistakes, section::Section},
    render::{HeaderTemplate, Place, is_token},
};

/// A line of [headers].
pub(super) struct HeaderLine {
    pub(super) name: Spanned<String>,
    value: Spanned<String>,
}

/// Headers that HTTP computes; of its own, a profile states only the content type.
fn is_computed(name: &str) -> bool {
    let same = |own: &str| own.eq_ignore_ascii_case(name);
    HTTP_OWN.iter().any(|own| same(own)) && !same("content-type")
}

pub(super) fn lines(section: Section<'_, '_>) -> Vec<HeaderLine> {
    let mistakes = section.mistakes;
    let mut lines: Vec<HeaderLine> = Vec::new();
    for (name, value) in section.texts() {
        check_name(&name, mistakes);
        if lines.iter().any(|line| line.name.get_ref().eq_ignore_ascii_case(name.get_ref())) {
            mistakes.about(&name, "this header comes twice, in another letter case");
        }
        if value.get_ref().chars().any(char::is_control) {
            mistakes.about(&value, "the value of a header cannot have control characters");
        }
        lines.push(HeaderLine { name, value });
    }
    lines
}

pub(super) fn headers(lines: Vec<HeaderLine>, templates: &Templates<'_, '_>) -> Vec<HeaderTemplate> {
    let header = |line: HeaderLine| HeaderTemplate {
        value: templates.string(&line.value, Place::Header).unwrap_or_default(),
        name: line.name.into_inner(),
    };
    lines.into_iter().map(header).collect()
}

pub(super) fn check_name(name: &Spanned<String>, mistakes: &Mistakes<'_>) {
    if !is_token(name.get_ref()) {
        mistakes.about(name, "this is not a valid header name");
    } else if is_computed(name.get_ref()) {
        mistakes.about(name, "this header is HTTP's own: it cannot be set");
    }
}

pub(super) fn reserved(root: &mut Section<'_, '_>) -> Vec<ReservedHeader> {
    let Some(names) = root.list::<String>("reserved_headers") else { return Vec::new() };
    let mistakes = root.mistakes;
    let reserved = |name: Spanned<String>| {
        let lower = name.get_ref().to_ascii_lowercase();
        let reserved = match lower.strip_suffix('*') {
            Some(prefix) => ReservedHeader::Prefix(prefix.to_owned()),
            None => ReservedHeader::Name(lower),
        };
        let (ReservedHeader::Name(text) | ReservedHeader::Prefix(text)) = &reserved;
        if !is_token(text) {
            mistakes.about(&name, "not a header name, nor one and `*`");
        }
        reserved
    };
    names.into_inner().into_iter().map(reserved).collect()
}
