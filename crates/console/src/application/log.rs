//! The log of an endpoint: what was sent there, how it stands, why it failed.

use std::time::Duration;

use axum::{extract::Query, response::Response};
use fanfare_core::{
    delivery::{Attempt, Delivery, DeliveryState as S},
    id::{EndpointId, MessageId, first_id_at},
    message::Message,
    ports::store::{AttemptFilter, AttemptsOf, DeliveryFilter, MessageFilter, Page, PageQuery, Seek},
    time::Timestamp,
};
use maud::{Markup, html};

use crate::{
    application::{endpoint::About, explain},
    desk::{Desk, Section},
    listing::{Parameters, given, neighbours, seek},
    page::encode,
    refusal::Refusal,
    view::{ago, duration, empty, outcome, pager, state},
};

/// How far an id's time may be from its message's: a clock can be set back.
const ID_CLOCK: Duration = Duration::from_secs(600);
/// Deliveries on a page.
const PER_PAGE: usize = 25;

/// A delivery with its message and its last attempt.
pub(crate) struct Row {
    pub(crate) message: Message,
    pub(crate) delivery: Delivery,
    pub(crate) attempt: Option<Attempt>,
}

/// What a list is narrowed to, as its form shows it.
struct Narrowed<'p> {
    status: &'p str,
    event: &'p str,
    text: &'p str,
    since: &'p str,
    until: &'p str,
}

/// The choices of the status filter.
pub(super) const STATUSES: [(&str, &str, &[S]); 4] = [
    ("delivered", "Delivered", &[S::Succeeded]),
    ("waiting", "Waiting or retrying", &[S::Scheduled, S::Pending, S::Retrying]),
    ("failed", "Failed or blocked", &[S::Failed, S::Blocked]),
    ("ended", "Cancelled or skipped", &[S::Cancelled, S::Skipped]),
];

impl<'p> Narrowed<'p> {
    fn of(parameters: &'p [(String, String)]) -> Self {
        let text = |name| given(parameters, name).unwrap_or_default();
        Self {
            status: text("status"),
            event: text("event"),
            text: text("text"),
            since: text("since"),
            until: text("until"),
        }
    }

    fn is_any(&self) -> bool {
        [self.status, self.event, self.text, self.since, self.until].iter().any(|text| !text.is_empty())
    }

    fn filter(&self) -> DeliveryFilter {
        let states =
            STATUSES.iter().find(|(word, ..)| *word == self.status).map(|(_, _, states)| states.to_vec());
        let event = self.event.parse().ok();
        DeliveryFilter {
            states,
            of_messages: MessageFilter {
                event_types: event.map(|name| vec![name]),
                text: Some(self.text).filter(|text| !text.is_empty()).map(str::to_owned),
                after: time(self.since),
                before: time(self.until),
                ..MessageFilter::default()
            },
            ..DeliveryFilter::default()
        }
    }

    /// Whether no index lists what is wanted: times and failures are listed by one.
    fn is_sought(&self) -> bool {
        !self.event.is_empty() || !self.text.is_empty() || matches!(self.status, "delivered" | "waiting")
    }

    /// No message that is wanted has a greater id.
    fn newest(&self) -> Option<MessageId> {
        time(self.until).map(|until| MessageId(first_id_at(until + ID_CLOCK)))
    }

    /// The query that stays when paging.
    fn query(&self) -> String {
        let parts = [
            ("status", self.status),
            ("event", self.event),
            ("text", self.text),
            ("since", self.since),
            ("until", self.until),
        ];
        parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("&{name}={}", encode(text)))
            .collect()
    }
}

/// What browsers send of a `datetime-local` field, taken as UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let whole = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    Timestamp::parse(&whole).ok()
}

/// `GET …/endpoints/{endpoint}/log`.
pub(crate) async fn of_endpoint(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let endpoint = desk.endpoint().await?;
    let narrowed = Narrowed::of(&parameters);
    let seek = seek(&parameters)?;
    let look = match narrowed.is_sought() {
        true => Some(desk.look(Some(endpoint.id), seek, narrowed.newest()).await?),
        false => None,
    };
    let mut filter = narrowed.filter();
    filter.of_messages.oldest = look.as_ref().and_then(|look| look.oldest);
    let seek = look.as_ref().map_or(seek, |look| look.seek);
    let page = rows(&desk, endpoint.id, filter, seek, PER_PAGE).await?;
    let action = desk.endpoint_href(&endpoint, "/log");
    let content = html! {
        (desk.endpoint_head(&endpoint, About::Log))
        (filter_form(&action, &narrowed))
        @if page.items.is_empty() {
            @if narrowed.is_any() { (empty("Nothing matches", html! { p { "No delivery of this kind was found." } p { a.button href=(action) { "Show all" } } })) }
            @else { (empty("Nothing was sent yet", html! { p { "What happens from now on appears here." } @if desk.may_send(&endpoint) { p { a.button href=(desk.endpoint_href(&endpoint, "/test")) { "Send a test event" } } } })) }
        } @else { (table(&desk, &page.items)) }
        @match &look {
            Some(look) => (look.pager(&page, page.items.last().map(|row| row.message.id), &action, &narrowed.query())),
            None => (pages(&action, &narrowed, &page, seek)),
        }
    };
    Ok(desk.page(Section::Endpoints, "Log", desk.endpoint_trail(), content))
}

/// The newest deliveries to an endpoint.
pub(crate) async fn recent(desk: &Desk, endpoint: EndpointId, limit: usize) -> Result<Vec<Row>, Refusal> {
    Ok(rows(desk, endpoint, DeliveryFilter::default(), None, limit).await?.items)
}

async fn rows(
    desk: &Desk,
    endpoint: EndpointId,
    filter: DeliveryFilter,
    seek: Option<Seek<MessageId>>,
    limit: usize,
) -> Result<Page<Row>, Refusal> {
    let (store, application) = (desk.console.engine.context().store(), desk.application.id);
    let query = PageQuery { seek, descending: true, limit };
    let page = store.delivered_messages(application, endpoint, filter, query, false).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for found in page.items {
        let of = AttemptsOf::Message(found.message.id);
        let here = AttemptFilter { endpoint: Some(endpoint), ..AttemptFilter::default() };
        let newest = PageQuery { seek: None, descending: true, limit: 1 };
        let attempt = store.attempts(application, of, here, newest).await?.items.into_iter().next();
        items.push(Row { message: found.message, delivery: found.delivery, attempt });
    }
    Ok(Page { items, done: page.done })
}

/// Deliveries as a table; each leads to its message.
pub(crate) fn table(desk: &Desk, rows: &[Row]) -> Markup {
    let now = desk.now();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Deliveries" { table {
            thead { tr { th scope="col" { "Status" } th scope="col" { "Event" } th scope="col" { "Last attempt" } th scope="col" { "Accepted" } } }
            tbody { @for row in rows {
                tr {
                    td.tight { (state(&row.delivery)) }
                    th scope="row" { a href=(desk.href(&format!("/messages/{}", row.message.id))) { code { (row.message.event_type) } } }
                    td { (last(row, now)) }
                    td { (ago(row.message.created_at, now)) }
                }
            } }
        } }
    }
}

fn last(row: &Row, now: Timestamp) -> Markup {
    html! {
        @if row.attempt.is_none() { span.none { "none" } }
        @if let Some(attempt) = &row.attempt {
            span.meta { (outcome(attempt)) span { (duration(attempt.duration)) } @if row.delivery.attempts > 1 { span { (row.delivery.attempts) " attempts" } } }
            @if let Some(why) = explain::attempt(attempt) { @if attempt.failure.is_some() { p.why { (why.what) } } }
        }
        @if row.delivery.state.is_waiting() && row.delivery.due > now { p.why { "Next attempt " (ago(row.delivery.due, now)) } }
        @if let Some(why) = explain::end(&row.delivery) { p.why { (why) } }
    }
}

fn filter_form(action: &str, narrowed: &Narrowed<'_>) -> Markup {
    html! {
        form.find method="get" action=(action) role="search" {
            div { label for="status" { "Status" } select id="status" name="status" {
                option value="" { "Any" }
                @for (word, title, _) in STATUSES { option value=(word) selected[narrowed.status == word] { (title) } }
            } }
            div { label for="event" { "Event type" } input type="text" id="event" name="event" value=(narrowed.event) autocomplete="off" spellcheck="false"; }
            div { label for="text" { "Text in event id, tag or key" } input type="search" id="text" name="text" value=(narrowed.text) autocomplete="off" spellcheck="false"; }
            div { label for="since" { "From (UTC)" } input type="datetime-local" id="since" name="since" value=(narrowed.since); }
            div { label for="until" { "Until (UTC)" } input type="datetime-local" id="until" name="until" value=(narrowed.until); }
            button type="submit" { "Show" }
            @if narrowed.is_any() { a.button.quiet href=(action) { "Show all" } }
        }
    }
}

fn pages(action: &str, narrowed: &Narrowed<'_>, page: &Page<Row>, seek: Option<Seek<MessageId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    let query = narrowed.query();
    pager(
        newer.then(|| format!("{action}?before={}{query}", first.message.id)),
        older.then(|| format!("{action}?after={}{query}", last.message.id)),
    )
}
