//! How requests authenticate beside what the profile writes itself.

use std::{collections::BTreeMap, str::FromStr as _};

use toml::Spanned;

use super::{header::HeaderLine, template::Templates};
use crate::{
    auth::{AUTHORIZATION, AuthKind},
    profile::{AuthRules, mistakes::Mistakes, section::Section},
};

/// The rules, and where the words stand.
pub(super) struct Auth {
    pub(super) rules: AuthRules,
    pub(super) words_at: Option<Spanned<String>>,
}

pub(super) fn auth(mut section: Section<'_, '_>, headers: &[HeaderLine]) -> Auth {
    let taken = headers.iter().any(|line| line.name.get_ref().eq_ignore_ascii_case(AUTHORIZATION));
    let kinds = kinds(&mut section, taken);
    let cached = section.spanned::<bool>("cached_tokens");
    if let Some(cached) = cached.as_ref().filter(|_| !kinds.contains(&AuthKind::OAuth2)) {
        let message = "no endpoint can authenticate with `oauth2`, so there are no tokens: leave this out";
        section.mistakes.about(cached, message);
    }
    let words = section.section("words").texts();
    let words_at = words.first().map(|(kind, _)| kind.clone());
    let words = words_of(words, &kinds, section.mistakes);
    let cached_tokens = cached.map_or(AuthRules::default().cached_tokens, Spanned::into_inner);
    section.end();
    Auth { rules: AuthRules { kinds, cached_tokens, words }, words_at }
}

/// Without a list, all kinds that can stand beside the profile's own headers.
fn kinds(section: &mut Section<'_, '_>, taken: bool) -> Vec<AuthKind> {
    let beside = |kind: &AuthKind| !(taken && kind.writes_authorization());
    let listed = section.some::<AuthKind>("kinds", "at least one kind must be allowed; `none` is one");
    let Some(listed) = listed else {
        return AuthRules::default().kinds.into_iter().filter(beside).collect();
    };
    for kind in listed.get_ref().iter().filter(|kind| !beside(kind.get_ref())) {
        section.mistakes.about(kind, "[headers] writes `Authorization` already, so this kind cannot");
    }
    listed.into_inner().into_iter().map(Spanned::into_inner).collect()
}

fn words_of(
    words: Vec<(Spanned<String>, Spanned<String>)>,
    kinds: &[AuthKind],
    mistakes: &Mistakes<'_>,
) -> BTreeMap<AuthKind, String> {
    let mut read = BTreeMap::new();
    for (kind, word) in words {
        match AuthKind::from_str(kind.get_ref()) {
            Ok(allowed) if kinds.contains(&allowed) => {
                read.insert(allowed, word.into_inner());
            }
            Ok(_) => mistakes.about(&kind, "no endpoint can authenticate so: it is not among the `kinds`"),
            Err(unknown) => mistakes.about(&kind, unknown.to_string()),
        }
    }
    read
}

/// Words that nothing writes are a mistake.
pub(super) fn words_are_used(words: Option<&Spanned<String>>, templates: &Templates<'_, '_>) {
    if let Some(words) = words.filter(|_| !templates.words_used()) {
        templates.mistakes.about(words, "nothing writes these words: no template names `auth.word`");
    }
}
