//! How to receive: what requests look like, and working code that checks them, made from what the profile
//! declares.

mod check;
mod code;

use axum::{extract::Query, response::Response};
use fanfare_core::profile::{Profile, Recognition};
use maud::{Markup, html};

use self::code::{LANGUAGES, Language};
use super::endpoint::About;
use crate::{
    desk::{Desk, Section},
    listing::{Parameters, given},
    refusal::Refusal,
    view::code_block,
};

/// `GET …/endpoints/{endpoint}/receiving`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let endpoint = desk.endpoint().await?;
    let profile = desk.profile_of(&endpoint).await?;
    let wanted = given(&parameters, "language").unwrap_or_default();
    let language = LANGUAGES.iter().find(|language| language.word == wanted).unwrap_or(&LANGUAGES[0]);
    let recognition = profile.recognition();
    let action = desk.endpoint_href(&endpoint, "/receiving");
    let content = html! {
        (desk.endpoint_head(&endpoint, About::Receiving))
        section.panel { h2 { "What your server does" } (steps(&profile)) }
        section.panel {
            h2 { "How it knows that a request is genuine" }
            @if endpoint.keys.is_empty() && !matches!(recognition, Some(Recognition::Nothing)) {
                p { "This endpoint has no secret yet, so its requests are not signed. " @if desk.read_only().is_none() { a href=(desk.endpoint_href(&endpoint, "/secret")) { "Set one" } " first." } }
            }
            @match &recognition {
                Some(Recognition::Nothing) => p { "Requests carry no signature. Keep the URL to yourself, or set an authentication in the endpoint's settings and check that." },
                None => p { "Its signatures cannot be checked from the request alone: ask your provider." },
                Some(found) => (recognised(found, language, &action)),
            }
        }
    };
    Ok(desk.page(Section::Endpoints, "Receiving", desk.endpoint_trail(), content))
}

fn steps(profile: &Profile) -> Markup {
    let rules = &profile.rules;
    html! {
        ul.plain {
            li { "Read the body as bytes and check the request before anything else; a framework that parses the body first changes it." }
            li { "Answer with " (success(profile)) " within " (rules.timeout.as_secs()) " seconds, and do the work afterwards." }
            @if rules.retry_schedule.is_empty() { li { "A request that fails is not repeated by itself. You can send it again from the log." } }
            @else { li { "A request that fails is repeated up to " (rules.retry_schedule.len()) " times. Be ready to get the same message twice." } }
        }
    }
}

fn success(profile: &Profile) -> String {
    let ranges = profile.rules.success.0.iter().map(|range| match (range.start(), range.end()) {
        (200, 299) => "any status from 200 to 299".to_owned(),
        (first, last) if first == last => format!("status {first}"),
        (first, last) => format!("a status from {first} to {last}"),
    });
    ranges.collect::<Vec<_>>().join(" or ")
}

fn recognised(recognition: &Recognition, language: &Language, action: &str) -> Markup {
    html! {
        @match recognition {
            Recognition::Signature(signed) => p { "The header " code { (signed.name) } " holds a signature of the body. Compute the same and compare in constant time." @if !signed.from.is_empty() { " What is signed also takes in " @for (place, name) in signed.from.iter().enumerate() { @if place > 0 { " and " } code { (name) } } "." } },
            Recognition::Token { header, .. } => p { "The header " code { (header) } " holds the secret. Compare it in constant time." },
            Recognition::Nothing => {},
        }
        nav.languages aria-label="Language" { @for other in &LANGUAGES {
            a href=(format!("{action}?language={}", other.word)) aria-current=[(other.word == language.word).then_some("true")] { (other.name) }
        } }
        (code_block("code", &format!("Receiver in {}", language.name), &language.code(recognition)))
        p.help { "It takes the secret from the environment variable " code { "WEBHOOK_SECRET" } "." }
    }
}
