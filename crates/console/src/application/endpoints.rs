//! The endpoints of an application, with their health at a glance.

use std::time::Duration;

use axum::{extract::Query, response::Response};
use fanfare_core::{
    delivery::Attempt,
    endpoint::{Endpoint, EventFilter},
    id::EndpointId,
    ports::store::{AttemptFilter, AttemptsOf, Page, PageQuery, Seek},
};
use maud::{Markup, html};

use crate::{
    desk::{Desk, Section},
    listing::{Parameters, neighbours, seek},
    refusal::Refusal,
    view::{SPARKLINE_BARS, Tone, ago, badge, done, empty, endpoint_status, pager, sparkline},
};

/// Endpoints on a page: each costs a look at its last attempts.
const PER_PAGE: usize = 20;

/// What is seen of an endpoint at a glance.
pub(crate) struct Health {
    /// Its last attempts, newest first.
    pub(crate) attempts: Vec<Attempt>,
    /// Its last failed attempt.
    pub(crate) failure: Option<Attempt>,
}

impl Health {
    /// Looks at an endpoint's last attempts: a bounded look, however much it was sent.
    pub(crate) async fn of(desk: &Desk, endpoint: EndpointId) -> Result<Self, Refusal> {
        let store = desk.console.engine.context().store();
        let newest = |limit| PageQuery { seek: None, descending: true, limit };
        let (application, of) = (desk.application.id, AttemptsOf::Endpoint(endpoint));
        let all = store.attempts(application, of, AttemptFilter::default(), newest(SPARKLINE_BARS)).await?;
        let failed = AttemptFilter { success: Some(false), ..AttemptFilter::default() };
        let failure = store.attempts(application, of, failed, newest(1)).await?;
        Ok(Self { attempts: all.items, failure: failure.items.into_iter().next() })
    }

    /// The share of the last attempts that succeeded.
    pub(crate) fn rate(&self) -> Option<String> {
        let succeeded = self.attempts.iter().filter(|attempt| attempt.success).count();
        let count = self.attempts.len();
        (count > 0).then(|| format!("{} %", 100 * succeeded / count))
    }

    /// What half of the last attempts took at most.
    pub(crate) fn typical(&self) -> Option<Duration> {
        let mut took: Vec<_> = self.attempts.iter().map(|attempt| attempt.duration).collect();
        took.sort_unstable();
        took.get(took.len() / 2).copied()
    }
}

/// `GET …/`.
pub(crate) async fn list(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let seek = seek(&parameters)?;
    let query = PageQuery { seek, descending: true, limit: PER_PAGE };
    let page = desk.console.engine.context().store().endpoints(desk.application.id, query).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for endpoint in &page.items {
        rows.push((endpoint, Health::of(&desk, endpoint.id).await?));
    }
    let content = html! {
        (done(&parameters))
        div.heading {
            h1 { "Endpoints" }
            @if desk.read_only().is_none() && !rows.is_empty() { a.button.primary href=(desk.href("/endpoints/new")) { "Add endpoint" } }
        }
        @if let Some(why) = desk.read_only() { p.notice { (why) } }
        @if !desk.application.webhooks_enabled {
            p.notice.warn { (badge(Tone::Warning, "Switched off")) " Webhooks of this application are switched off: events that happen now are sent nowhere." }
        }
        @if rows.is_empty() { (nothing(&desk)) } @else {
            ul.cards { @for (endpoint, health) in &rows { (card(&desk, endpoint, health)) } }
        }
        (pages(&desk, &page, seek))
    };
    Ok(desk.page(Section::Endpoints, "Endpoints", Vec::new(), content))
}

fn card(desk: &Desk, endpoint: &Endpoint, health: &Health) -> Markup {
    let now = desk.now();
    html! {
        li.endpoint {
            div.what {
                h2 { a href=(desk.href(&format!("/endpoints/{}", endpoint.id))) { (endpoint.url) } }
                @if !endpoint.description.is_empty() { p.description { (endpoint.description) } }
                p.meta { (endpoint_status(endpoint, health.attempts.first())) span { (wants(&endpoint.event_filter)) } }
            }
            div.glance {
                (sparkline(&health.attempts))
                dl {
                    div { dt { "Success" } dd { @if let Some(rate) = health.rate() { (rate) } @else { span.none { "no attempts" } } } }
                    div { dt { "Last failure" } dd {
                        @if let Some(failure) = &health.failure { (ago(failure.at, now)) } @else { span.none { "none" } }
                    } }
                }
            }
        }
    }
}

/// What an endpoint wants, in a few words.
pub(crate) fn wants(filter: &EventFilter) -> Markup {
    html! {
        @match filter {
            EventFilter::Unfiltered | EventFilter::Wildcard => "All events",
            EventFilter::Types(types) if types.len() == 1 => { @for name in types { code { (name) } } },
            EventFilter::Types(types) => { (types.len()) " event types" },
        }
    }
}

fn nothing(desk: &Desk) -> Markup {
    empty(
        "No endpoints yet",
        html! {
            p { "An endpoint is a URL of yours that is called when something happens." }
            @if desk.read_only().is_none() { p { a.button.primary href=(desk.href("/endpoints/new")) { "Add your first endpoint" } } }
            @if desk.has_inboxes() { p { "No server to call yet? " a href=(desk.href("/inbox")) { "Make an inbox" } " and see what would arrive." } }
        },
    )
}

fn pages(desk: &Desk, page: &Page<Endpoint>, seek: Option<Seek<EndpointId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| desk.href(&format!("?before={}", first.id))),
        older.then(|| desk.href(&format!("?after={}", last.id))),
    )
}
