//! The rules of a profile in words.

use std::time::Duration;

use fanfare_core::{
    auth::AuthKind,
    profile::{ConfiguredBy, Https, Profile, Recognition, Subscription},
    rules::Exhausted,
};
use maud::{Markup, html};

use crate::view::{duration, fact};

/// All of them, by what they are about.
pub(super) fn panels(profile: &Profile) -> Markup {
    html! {
        section.panel { h2 { "Requests" } (requests(profile)) }
        section.panel { h2 { "Answers and retries" } (deliveries(profile)) }
        section.panel { h2 { "Endpoints" } (endpoints(profile)) }
        @if profile.has_secrets() { section.panel { h2 { "Secrets" } (secrets(profile)) } }
        @if !profile.delays.is_empty() || profile.superseding.is_some() { section.panel { h2 { "Waiting and superseding" } (timing(profile)) } }
        section.panel { h2 { "Event types" } (events(profile)) }
    }
}

fn requests(profile: &Profile) -> Markup {
    let methods: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
    let auth: Vec<_> = profile.auth.kinds.iter().map(|kind| auth_word(*kind)).collect();
    html! { dl.facts {
        (fact("Methods", html! { (methods.join(", ")) }))
        (fact("Recognised by", match profile.recognition() {
            Some(Recognition::Signature(signed)) => html! { "a signature in " code { (signed.name) } },
            Some(Recognition::Token { header, .. }) => html! { "a token in " code { (header) } },
            Some(Recognition::Nothing) => html! { "nothing of its own" },
            None => html! { "its own kind of signature" },
        }))
        (fact("Authentication", html! { (auth.join(", ")) }))
        (fact("Largest body", html! { @match profile.rules.size_cap { Some(bytes) => { (bytes) " bytes; a larger one is skipped" }, None => "no limit of its own" } }))
        @if let Some(lifecycle) = &profile.lifecycle { (fact("Endpoints are told", html! {
            @match (lifecycle.on_create, lifecycle.on_update) {
                (true, true) => "that they were made or changed",
                (true, false) => "that they were made",
                (false, true) => "that they were changed",
                (false, false) => "nothing by themselves",
            }
            ", as " code { (lifecycle.event_type) }
        })) }
    } }
}

fn deliveries(profile: &Profile) -> Markup {
    let rules = &profile.rules;
    let waits: Vec<_> = rules.retry_schedule.iter().map(|wait| duration(*wait)).collect();
    let success: Vec<_> = rules.success.0.iter().map(range).collect();
    let slow: Vec<_> = rules.slow_down.iter().map(ToString::to_string).collect();
    html! { dl.facts {
        (fact("Success", html! { (success.join(", ")) }))
        (fact("Timeout", html! { (duration(rules.timeout)) @if rules.timeout_is_final { "; what timed out is not tried again" } }))
        (fact("Retries", html! { @if waits.is_empty() { "none" } @else { (waits.len()) ", after " (waits.join(", ")) @if rules.jitter > 0.0 { ", ±" (format!("{:.0} %", rules.jitter * 100.0)) } } }))
        (fact("When they are used up", html! { (match rules.exhausted {
            Exhausted::Fail => "the delivery has failed",
            Exhausted::Block => "the delivery is blocked",
            Exhausted::Disable => "the delivery has failed and the endpoint is disabled",
        }) }))
        (fact("410 Gone", html! { @if rules.gone_disables { "disables the endpoint" } @else { "is a failure like others" } }))
        (fact("Failing for long", html! { @match rules.disable_after { Some(time) => { "disables after " (duration(time)) }, None => "never disables" } }))
        (fact("Slows down", html! { @if slow.is_empty() { "by no status" } @else { "by " (slow.join(", ")) } @if rules.retry_after { " and Retry-After" } }))
        (fact("Breaker", html! { @if rules.breaker { "opens after many failures in a row" } @else { "none" } }))
    } }
}

fn endpoints(profile: &Profile) -> Markup {
    let rules = &profile.endpoints;
    html! { dl.facts {
        (fact("Configured by", html! { (match rules.configured_by {
            ConfiguredBy::Customer => "customers and the platform",
            ConfiguredBy::Operator => "the platform only",
        }) }))
        (fact("URLs", html! { (match rules.https {
            Https::Free => "https or http",
            Https::Advised => "https advised, http taken",
            Https::Required => "https only",
        }) }))
        (fact("Subscription", html! { (match rules.subscription {
            Subscription::Free => "any types, none for all, or the wildcard",
            Subscription::Wildcard => "a list of types, or the wildcard",
            Subscription::Types => "a list of types, no wildcard",
            Subscription::OneType => "exactly one type",
            Subscription::All => "always all",
        }) }))
        @if let Some(most) = rules.live_most { (fact("Live endpoints", html! { (most) " at most in an application" })) }
        @if let Some(most) = rules.test_most { (fact("Test endpoints", html! { (most) " at most in an application" })) }
        @if let Some(most) = rules.per_scope_most { (fact("With the same scope", html! { (most) " at most" })) }
        @if rules.unverified_tls { (fact("Certificates", html! { "an endpoint may accept invalid ones" })) }
    } }
}

fn secrets(profile: &Profile) -> Markup {
    let rules = &profile.secrets;
    html! { dl.facts {
        (fact("Made", html! { @if rules.on_create { "with the endpoint" } @else { "when somebody asks" } }))
        (fact("Chosen by customers", html! { @if rules.chosen { "allowed" } @else { "not allowed" } }))
        (fact("Shown", html! { @if rules.retrievable { "whenever somebody asks" } @else { "once" } }))
        (fact("After a replacement", html! { @match rules.overlap {
            Duration::ZERO => "the old one ends at once",
            overlap => { "the old one stays valid for " (duration(overlap)) },
        } }))
    } }
}

fn timing(profile: &Profile) -> Markup {
    html! {
        @for delay in &profile.delays {
            p { @for (place, name) in delay.types.iter().enumerate() { @if place > 0 { ", " } code { (name) } } " wait " (duration(delay.wait)) @if delay.from.is_some() { " from the time that the payload says" } "." }
        }
        @if let Some(superseding) = &profile.superseding {
            p {
                @match &superseding.types { None => "Any message", Some(types) => { @for (place, name) in types.iter().enumerate() { @if place > 0 { ", " } code { (name) } } } }
                " takes the place of older ones with the same key that still wait."
            }
        }
    }
}

fn events(profile: &Profile) -> Markup {
    let events = &profile.events;
    html! {
        p.soft { @if events.strict { "A message of a type that is not in the environment's catalogue is refused." } @else { "A message may be of any type." } }
        @if !events.types.is_empty() { details {
            summary { (events.types.len()) @if events.types.len() == 1 { " type" } @else { " types" } " in a new environment" }
            div.table-scroll tabindex="0" role="region" aria-label="Event types" { table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Description" } th scope="col" { "Group" } } }
                tbody { @for kind in &events.types { tr {
                    th scope="row" { code { (kind.name) } }
                    td { (kind.description) @if let Some(use_case) = &kind.use_case { p.why { (use_case) } } }
                    td { @if let Some(group) = &kind.group { (group) } @else { span.none { "none" } } }
                } } }
            } }
        } }
    }
}

fn range(codes: &std::ops::RangeInclusive<u16>) -> String {
    match (codes.start(), codes.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first} to {last}"),
    }
}

fn auth_word(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::None => "none",
        AuthKind::Basic => "name and password",
        AuthKind::Bearer => "bearer token",
        AuthKind::Header => "own header",
        AuthKind::OAuth2 => "OAuth2",
    }
}
