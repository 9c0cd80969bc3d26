//! What the profile says of endpoints, and how their requests authenticate.

use super::path;
use crate::profile::{
    AuthRules, EndpointRules, ProfileError,
    file::{AuthSection, EndpointsSection},
    position::Source,
};

pub(super) fn auth(section: AuthSection, source: Source<'_>) -> Result<AuthRules, ProfileError> {
    let default = AuthRules::default();
    let kinds = match section.kinds {
        Some(kinds) if kinds.get_ref().is_empty() => {
            return Err(source.error(&kinds, "at least one kind must be allowed; `none` is one"));
        }
        Some(kinds) => kinds.into_inner(),
        None => default.kinds,
    };
    Ok(AuthRules {
        kinds,
        cached_tokens: section.cached_tokens.unwrap_or(default.cached_tokens),
        words: section.words,
    })
}

pub(super) fn endpoints(
    section: &EndpointsSection,
    source: Source<'_>,
) -> Result<EndpointRules, ProfileError> {
    Ok(EndpointRules {
        https: section.https,
        subscription: section.subscription,
        live_most: section.live_most,
        test_most: section.test_most,
        per_scope_most: section.per_scope_most,
        scope_from: section.scope_from.as_ref().map(|text| path(text, source)).transpose()?,
        configured_by: section.configured_by,
        unverified_tls: section.unverified_tls,
    })
}
