//! An endpoint at a glance.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    endpoint::{Endpoint, EventFilter},
    profile::Profile,
};
use maud::{Markup, html};

use super::About;
use crate::{
    application::{endpoints::Health, log},
    desk::{Desk, Section},
    listing::Parameters,
    refusal::{Refusal, sentence},
    view::{ago, done, duration, endpoint_status, fact, sparkline},
};

/// Deliveries that the overview shows.
const RECENT: usize = 8;

/// `GET …/endpoints/{endpoint}`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let endpoint = desk.endpoint().await?;
    let profile = desk.profile_of(&endpoint).await?;
    let health = Health::of(&desk, endpoint.id).await?;
    let recent = log::recent(&desk, endpoint.id, RECENT).await?;
    let content = html! {
        (done(&parameters))
        @for text in &desk.visit.note(&desk.console).told { div.notice.warn { p { (sentence(text)) } } }
        (desk.endpoint_head(&endpoint, About::Overview))
        @if !endpoint.description.is_empty() { p.lead { (endpoint.description) } }
        dl.tiles {
            div { dt { "Status" } dd.plain { (endpoint_status(&endpoint, health.attempts.first())) } }
            div { dt { "Success, last " @if health.attempts.len() == 1 { "attempt" } @else { (health.attempts.len()) " attempts" } } dd { (health.rate().unwrap_or_else(|| "–".to_owned())) } }
            div { dt { "Typical time" } dd { (health.typical().map_or_else(|| "–".to_owned(), duration)) } }
            div { dt { "Last failure" } dd.plain { @if let Some(failure) = &health.failure { (ago(failure.at, desk.now())) } @else { "none" } } }
        }
        section.panel { h2 { "Last attempts" } (sparkline(&health.attempts)) p.help { "Newest on the right; the height is the time taken, red bars with a dot are failures." } }
        div.split {
            section.panel {
                div.heading { h2 { "Recent deliveries" } @if !recent.is_empty() { a href=(desk.endpoint_href(&endpoint, "/log")) { "All deliveries" } } }
                @if recent.is_empty() { p.soft { "Nothing was sent here yet." } } @else { (log::table(&desk, &recent)) }
            }
            section.panel { h2 { "Set-up" } (facts(&desk, &endpoint, &profile)) (actions(&desk, &endpoint)) }
        }
    };
    Ok(desk.page(Section::Endpoints, endpoint.url.as_str(), desk.endpoint_trail(), content))
}

fn facts(desk: &Desk, endpoint: &Endpoint, profile: &Profile) -> Markup {
    let method = profile.method(endpoint.method.or(desk.application.method));
    html! {
        dl.facts.one {
            (fact("Events", match &endpoint.event_filter {
                EventFilter::Unfiltered | EventFilter::Wildcard => html! { "All events, also those added later" },
                EventFilter::Types(types) => html! { @for (place, name) in types.iter().enumerate() { @if place > 0 { ", " } code { (name) } } },
            }))
            @if let Some(channels) = &endpoint.channels { (fact("Channels", html! { @for (place, name) in channels.iter().enumerate() { @if place > 0 { ", " } code { (name) } } })) }
            @if let Some(filter) = &endpoint.filter { (fact("Filter", html! { code { (filter) } })) }
            @if let Some(scope) = &endpoint.scope { (fact("Scope", html! { (scope) })) }
            (fact("Method", html! { (method.as_str()) }))
            (fact("Secret", html! {
                @if endpoint.keys.is_empty() { "none" } @else { "set " (ago(endpoint.keys.last().map_or(endpoint.created_at, |key| key.created_at), desk.now())) }
                @if desk.read_only().is_none() { " · " a href=(desk.endpoint_href(endpoint, "/secret")) { "Show or replace" } }
            }))
            (fact("Id", html! { code.id { (endpoint.id) } }))
            (fact("Made", ago(endpoint.created_at, desk.now())))
        }
    }
}

fn actions(desk: &Desk, endpoint: &Endpoint) -> Markup {
    let (path, name, about) = match (&endpoint.disabled, endpoint.paused) {
        (Some(_), _) => {
            ("/enable", "Enable", "It was switched off. What it missed meanwhile was not kept for it.")
        }
        (None, true) => {
            ("/resume", "Resume", "While paused it goes on collecting; resuming sends what has gathered.")
        }
        (None, false) => ("/pause", "Pause", "Nothing is sent while paused; events are kept for it."),
    };
    html! {
        @if desk.read_only().is_none() {
            form method="post" action=(desk.endpoint_href(endpoint, path)) {
                (desk.csrf())
                button type="submit" { (name) }
                p.help { (about) }
            }
        }
    }
}
