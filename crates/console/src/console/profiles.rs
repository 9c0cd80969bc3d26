//! The profiles that this server knows, readable: their rules in words, and the request that a sample makes.

mod rules;
mod sample;

use axum::{extract::Query, response::Response};
use maud::html;

use super::{Office, Section};
use crate::{listing::Parameters, refusal::Refusal, view::code_block};

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
pub(crate) async fn show(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let name = office.names.id("name", "this profile")?;
    let known = office.console.engine.context().profiles.named(&name);
    let profile = known.ok_or(Refusal::NotFound("this profile"))?;
    let content = html! {
        nav.trail aria-label="Breadcrumb" { ol { li { a href=(office.href("/profiles")) { "Profiles" } } } }
        div.heading { h1 { (profile.name) } }
        p.lead { (profile.description) }
        (sample::panel(&office.console.wire, profile, &parameters, office.console.engine.now())?)
        (rules::panels(profile))
        details { summary { "The text of this profile" } (code_block("text", "Text of the profile", &profile.text)) }
    };
    Ok(office.page(Section::Profiles, profile.name.as_str(), content))
}
