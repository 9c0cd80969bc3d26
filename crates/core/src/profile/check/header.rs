//! The headers that a profile writes, in the order of its text, and those that it keeps for itself.

use std::collections::BTreeMap;

use toml::Spanned;

use super::{super::HTTP_OWN, template};
use crate::{
    profile::{ProfileError, ReservedHeader, position::Source},
    render::{HeaderTemplate, Place, is_token},
};

/// Headers that HTTP computes; of its own, a profile states only the content type.
fn is_computed(name: &str) -> bool {
    let same = |own: &str| own.eq_ignore_ascii_case(name);
    HTTP_OWN.iter().any(|own| same(own)) && !same("content-type")
}

pub(super) fn headers(
    section: BTreeMap<Spanned<String>, Spanned<String>>,
    source: Source<'_>,
) -> Result<Vec<HeaderTemplate>, ProfileError> {
    let mut section: Vec<_> = section.into_iter().collect();
    section.sort_by_key(|(name, _)| name.span().start);
    let mut headers: Vec<HeaderTemplate> = Vec::with_capacity(section.len());
    for (name, value) in section {
        check_name(&name, source)?;
        if headers.iter().any(|header| header.name.eq_ignore_ascii_case(name.get_ref())) {
            return Err(source.error(&name, "this header comes twice, in another letter case"));
        }
        if value.get_ref().chars().any(char::is_control) {
            return Err(source.error(&value, "the value of a header cannot have control characters"));
        }
        headers.push(HeaderTemplate {
            value: template(&value, Place::Header, source)?,
            name: name.into_inner(),
        });
    }
    Ok(headers)
}

pub(super) fn check_name(name: &Spanned<String>, source: Source<'_>) -> Result<(), ProfileError> {
    if !is_token(name.get_ref()) {
        return Err(source.error(name, "this is not a valid header name"));
    }
    if is_computed(name.get_ref()) {
        return Err(source.error(name, "this header is HTTP's own: it cannot be set"));
    }
    Ok(())
}

pub(super) fn reserved(
    names: &[Spanned<String>],
    source: Source<'_>,
) -> Result<Vec<ReservedHeader>, ProfileError> {
    let reserved = |name: &Spanned<String>| {
        let lower = name.get_ref().to_ascii_lowercase();
        let reserved = match lower.strip_suffix('*') {
            Some(prefix) => ReservedHeader::Prefix(prefix.to_owned()),
            None => ReservedHeader::Name(lower),
        };
        let (ReservedHeader::Name(text) | ReservedHeader::Prefix(text)) = &reserved;
        if is_token(text) {
            Ok(reserved)
        } else {
            Err(source.error(name, "not a header name, nor one and `*`"))
        }
    };
    names.iter().map(reserved).collect()
}
