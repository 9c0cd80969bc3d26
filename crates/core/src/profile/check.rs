//! Checking a profile's text and preparing what rendering needs. All mistakes are told at once.

mod auth;
mod body;
mod catalogue;
mod delivery;
mod endpoints;
mod header;
mod lifecycle;
mod secret;
mod signature;
mod template;
mod timing;

use sha2::{Digest as _, Sha256};
use toml::{Spanned, de::DeTable};

use super::{Profile, ProfileErrors, Wire, mistakes::Mistakes, section::Section};
use crate::{
    delivery::Method,
    limits::PROFILE_BYTES,
    message::ProfileHash,
    name::{EventTypeName, ProfileName},
    payload::{InvalidPath, PayloadPath},
};
use template::Templates;

/// Parses and checks a profile's text.
pub(super) fn check(text: &str) -> Result<Profile, ProfileErrors> {
    let mistakes = Mistakes::new(text);
    let profile = parse(text, &mistakes).and_then(|table| profile(text, table, &mistakes));
    match mistakes.all() {
        Some(mistakes) => Err(mistakes),
        None => Ok(profile.expect("what is missing was reported")),
    }
}

/// The text as TOML. One that is none is not looked into further: what is left would mislead.
fn parse<'t>(text: &'t str, mistakes: &Mistakes<'t>) -> Option<Spanned<DeTable<'t>>> {
    if text.len() > PROFILE_BYTES {
        mistakes.at(0, format!("a profile has at most {PROFILE_BYTES} bytes, not {}", text.len()));
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        let again = (error.message() == "duplicate key").then(|| twice(text, at)).flatten();
        mistakes.at(at, again.unwrap_or_else(|| error.message().to_owned()));
    }
    errors.is_empty().then_some(table)
}

/// What there may be several of.
const SEVERAL: [&str; 4] = ["signatures", "secrets.kinds", "delays", "events.types"];

/// What to say of a table that comes twice; none where a key does.
fn twice(text: &str, at: usize) -> Option<String> {
    let line = text.get(..at)?.rfind('\n').map_or(text, |newline| &text[newline + 1..]).lines().next()?;
    let name = line.trim_start().strip_prefix('[')?.trim_start_matches('[').split(']').next()?.trim();
    Some(match SEVERAL.contains(&name) {
        true => format!("`{name}` stands here again; where there may be several, each is written [[{name}]]"),
        false => format!("[{name}] stands in the file already: put all of it in one place"),
    })
}

fn profile<'t>(text: &str, table: Spanned<DeTable<'t>>, mistakes: &Mistakes<'t>) -> Option<Profile> {
    let mut root = Section::new(table, mistakes);
    let name = root.required("name").and_then(|name| profile_name(&name, mistakes));
    let description = root.text("description").unwrap_or_default();
    let methods = methods(&mut root);
    let reserved = header::reserved(&mut root);
    let (secrets, secret_formats) = secret::secrets(root.section("secrets"));
    let headers = root.section("headers");
    let headers_at = headers.start;
    let writes = header::lines(headers);
    let auth = auth::auth(root.section("auth"), &writes);
    let templates = Templates::new(mistakes, secret_formats.as_deref(), auth.words_at.is_some());
    let headers = header::headers(writes, &templates);
    let signing = signature::Signing {
        headers: &headers,
        headers_at,
        formats: secret_formats.as_deref(),
        overlap: secrets.overlap,
        auth: &auth.rules,
        templates: &templates,
    };
    let (signatures, signatures_first) = signature::signatures(root.sections("signatures"), &signing);
    let body = body::body(root.section("body"), &templates);
    auth::words_are_used(auth.words_at.as_ref(), &templates);
    let rules = delivery::rules(root.section("delivery"));
    let endpoints = endpoints::endpoints(root.section("endpoints"));
    let events = catalogue::catalogue(root.section("events"));
    let lifecycle = root.optional_section("lifecycle");
    let lifecycle = lifecycle.and_then(|section| lifecycle::lifecycle(section, &events, &templates));
    let delays = timing::delays(root.sections("delays"), &events);
    let superseding = root.optional_section("superseding");
    let superseding = superseding.and_then(|section| timing::superseding(section, &events));
    root.end();
    Some(Profile {
        name: name?,
        description,
        hash: ProfileHash(Sha256::digest(text.as_bytes()).into()),
        text: text.to_owned(),
        rules,
        methods,
        secrets,
        auth: auth.rules,
        endpoints,
        lifecycle,
        delays,
        superseding,
        events,
        secret_formats: secret_formats.unwrap_or_default(),
        wire: Wire { headers, signatures, signatures_first, body },
        reserved,
    })
}

fn profile_name(text: &Spanned<String>, mistakes: &Mistakes<'_>) -> Option<ProfileName> {
    text.get_ref().parse().map_err(|why| mistakes.about(text, format!("a name {why}"))).ok()
}

fn methods(root: &mut Section<'_, '_>) -> Vec<Method> {
    root.must_have("methods");
    let listed = root.some::<Method>("methods", "at least one method must be allowed");
    let Some(listed) = listed else { return Vec::new() };
    let mut methods = Vec::new();
    for method in listed.get_ref() {
        if methods.contains(method.get_ref()) {
            root.mistakes.about(method, "this method comes twice");
        }
        methods.push(*method.get_ref());
    }
    methods
}

fn path(text: &Spanned<String>, mistakes: &Mistakes<'_>) -> Option<PayloadPath> {
    text.get_ref().parse().map_err(|why: InvalidPath| mistakes.about(text, why.to_string())).ok()
}

fn event_type(text: &Spanned<String>, mistakes: &Mistakes<'_>) -> Option<EventTypeName> {
    let wrong = |why| mistakes.about(text, format!("the name of an event type {why}"));
    text.get_ref().parse().map_err(wrong).ok()
}
