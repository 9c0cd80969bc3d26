//! What endpoints there may be, and what each may ask for.

use toml::Spanned;

use super::path;
use crate::profile::{EndpointRules, count::Count, section::Section};

pub(super) fn endpoints(mut section: Section<'_, '_>) -> EndpointRules {
    let per_scope_most = at_least_one(&mut section, "per_scope_most");
    let scope_from = section.spanned::<String>("scope_from");
    if let Some(most) = per_scope_most.as_ref().filter(|_| scope_from.is_none()) {
        let message = "without `scope_from` no message is of a scope, so such an endpoint would get none";
        section.mistakes.about(most, message);
    }
    let rules = EndpointRules {
        https: section.value("https").unwrap_or_default(),
        subscription: section.value("subscription").unwrap_or_default(),
        live_most: at_least_one(&mut section, "live_most").map(Spanned::into_inner),
        test_most: count(&mut section, "test_most").map(Spanned::into_inner),
        per_scope_most: per_scope_most.map(Spanned::into_inner),
        scope_from: scope_from.and_then(|text| path(&text, section.mistakes)),
        configured_by: section.value("configured_by").unwrap_or_default(),
        unverified_tls: section.value("unverified_tls").unwrap_or_default(),
    };
    section.end();
    rules
}

fn at_least_one(section: &mut Section<'_, '_>, key: &'static str) -> Option<Spanned<u16>> {
    let most = count(section, key)?;
    if *most.get_ref() == 0 {
        section.mistakes.about(&most, "must be at least 1; leave it out for no limit");
    }
    Some(most)
}

fn count(section: &mut Section<'_, '_>, key: &'static str) -> Option<Spanned<u16>> {
    let count = section.spanned::<Count>(key)?;
    let fitting = u16::try_from(count.get_ref().0);
    let too_many =
        |_| section.mistakes.about(&count, format!("at most {}; leave it out for no limit", u16::MAX));
    Some(Spanned::new(count.span(), fitting.map_err(too_many).ok()?))
}
