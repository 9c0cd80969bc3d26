//! The profiles that this server knows, readable.

use axum::response::Response;
use fanfare_core::profile::{Profile, Recognition};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    refusal::Refusal,
    view::{code_block, duration, fact},
};

/// `GET …/profiles`.
pub(crate) async fn list(office: Office) -> Result<Response, Refusal> {
    let content = html! {
        div.heading { h1 { "Profiles" } }
        p.lead { "A profile says what is on the wire, and how deliveries are repeated. This environment uses " strong { (office.environment.profile) } "." }
        div.table-scroll tabindex="0" role="region" aria-label="Profiles" { table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Description" } } }
            tbody { @for profile in office.console.engine.context().profiles.all() { tr {
                th scope="row" { a href=(office.href(&format!("/profiles/{}", profile.name))) { (profile.name) } }
                td { (profile.description) }
            } } }
        } }
    };
    Ok(office.page(Section::Profiles, "Profiles", content))
}

/// `GET …/profiles/{name}`.
pub(crate) async fn show(office: Office) -> Result<Response, Refusal> {
    let name = office.names.id("name", "this profile")?;
    let profile =
        office.console.engine.context().profiles.named(&name).ok_or(Refusal::NotFound("this profile"))?;
    let content = html! {
        div.heading { h1 { (profile.name) } }
        p.lead { (profile.description) }
        section.panel { h2 { "In short" } (facts(profile)) }
        section.panel { h2 { "Its text" } (code_block("text", "Text of the profile", &profile.text)) }
    };
    Ok(office.page(Section::Profiles, profile.name.as_str(), content))
}

fn facts(profile: &Profile) -> Markup {
    let rules = &profile.rules;
    let methods: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
    let waits: Vec<_> = rules.retry_schedule.iter().map(|wait| duration(*wait)).collect();
    html! {
        dl.facts {
            (fact("Methods", html! { (methods.join(", ")) }))
            (fact("Recognised by", match profile.recognition() {
                Some(Recognition::Signature(signed)) => html! { "a signature in " code { (signed.name) } },
                Some(Recognition::Token { header, .. }) => html! { "a token in " code { (header) } },
                Some(Recognition::Nothing) => html! { "nothing of its own" },
                None => html! { "its own kind of signature" },
            }))
            (fact("Timeout", html! { (duration(rules.timeout)) }))
            (fact("Retries", html! { @if waits.is_empty() { "none" } @else { (waits.len()) ", after " (waits.join(", ")) } }))
            (fact("Event types", html! { (profile.events.types.len()) }))
        }
    }
}
