//! Deliveries as they happen: the newest ones, and from then on a stream of what becomes of each. The rows are
//! rendered here, so that the script only puts them into their place.

mod row;
mod stream;

use std::sync::Arc;

use axum::{extract::Query, response::Response};
use fanfare_core::{
    delivery::DeliveryState,
    endpoint::Endpoint,
    id::EndpointId,
    ports::store::{DeliveryFilter, Named, PageQuery, StoreResult},
};
use fanfare_engine::{
    configuration::ApplicationView,
    updates::{FollowError, Wanted},
};
use maud::{Markup, html};

use self::row::Row;
pub(crate) use self::stream::stream;
use crate::{
    application::log::STATUSES,
    desk::{Desk, Section},
    listing::{Parameters, given},
    page::encode,
    refusal::Refusal,
};

/// Deliveries that the page shows, and keeps as new ones come.
const ROWS: usize = 30;

/// What the page is narrowed to.
struct Narrowed {
    endpoint: Option<Endpoint>,
    status: &'static str,
    states: Option<Vec<DeliveryState>>,
}

impl Narrowed {
    /// An endpoint that is not the application's own is not found.
    async fn of(desk: &Desk, parameters: &[(String, String)]) -> Result<Self, Refusal> {
        let endpoint = match given(parameters, "endpoint") {
            None => None,
            Some(id) => {
                let what = "this endpoint";
                let id: EndpointId = id.parse().map_err(|_| Refusal::NotFound(what))?;
                let store = desk.console.engine.context().store();
                let found = store.endpoint(desk.application.id, Named::Id(id)).await?;
                Some(found.ok_or(Refusal::NotFound(what))?)
            }
        };
        let asked = given(parameters, "status").unwrap_or_default();
        let found = STATUSES.iter().find(|(word, ..)| *word == asked);
        let (status, states) = found.map_or(("", None), |(word, _, states)| (*word, Some(states.to_vec())));
        Ok(Self { endpoint, status, states })
    }

    fn is_any(&self) -> bool {
        self.endpoint.is_some() || self.states.is_some()
    }

    fn endpoints<S: FromIterator<EndpointId>>(&self) -> Option<S> {
        self.endpoint.as_ref().map(|endpoint| [endpoint.id].into_iter().collect())
    }

    fn wanted(&self, desk: &Desk) -> Wanted {
        Wanted {
            environment: desk.environment.id,
            application: Some(desk.application.id),
            endpoints: self.endpoints(),
            event_types: None,
            states: self.states.clone(),
        }
    }

    fn filter(&self) -> DeliveryFilter {
        DeliveryFilter {
            endpoint: self.endpoint.as_ref().map(|endpoint| endpoint.id),
            states: self.states.clone(),
            ..DeliveryFilter::default()
        }
    }

    /// The address of the stream that goes on after the update `position`.
    fn stream(&self, desk: &Desk, position: &str) -> String {
        let mut href = desk.href(&format!("/live/stream?after={}", encode(position)));
        if let Some(endpoint) = &self.endpoint {
            href.push_str(&format!("&endpoint={}", endpoint.id));
        }
        if self.states.is_some() {
            href.push_str(&format!("&status={}", self.status));
        }
        href
    }
}

/// `GET …/live`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let narrowed = Narrowed::of(&desk, &parameters).await?;
    // Followed before the list is read: what happens in between comes with the stream.
    let position = match desk.console.engine.follow(narrowed.wanted(&desk), None) {
        Ok(follower) => Some(follower.position().to_string()),
        Err(FollowError::SubjectFull | FollowError::Full | FollowError::Ended) => None,
    };
    let rows = newest(&desk, &narrowed).await?;
    let application = application(&desk).await?;
    let application = application.as_deref();
    let content = html! {
        div.heading { h1 { "Live" } }
        p.lead { "Deliveries as they happen, the newest change on top." }
        (find(&desk, &narrowed, application))
        div #live data-stream=[position.map(|position| narrowed.stream(&desk, &position))] data-rows=(ROWS) {
            div.follow {
                p.soft role="status" { "These are the newest deliveries." }
                a.button href=(desk.visit.chrome.here) { "Reload" }
                button type="button" hidden { "Pause" }
            }
            (table(&desk, application, &rows))
        }
    };
    Ok(desk.page(Section::Live, "Live", Vec::new(), content))
}

/// The application as it is now; none where it was deleted meanwhile.
async fn application(desk: &Desk) -> StoreResult<Option<Arc<ApplicationView>>> {
    desk.console.engine.configurations().by_id(desk.application.id).await
}

fn table(desk: &Desk, application: Option<&ApplicationView>, rows: &[Row]) -> Markup {
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Deliveries" { table {
            thead { tr { th scope="col" { "Time (UTC)" } th scope="col" { "Status" } th scope="col" { "Event, endpoint" } } }
            tbody {
                @for row in rows { (row.render(desk, application)) }
                tr.filler hidden[!rows.is_empty()] { td colspan="3" { "Nothing yet. What happens from now on appears here." } }
            }
        } }
    }
}

fn find(desk: &Desk, narrowed: &Narrowed, application: Option<&ApplicationView>) -> Markup {
    let endpoints = application.map_or(&[][..], |application| &application.endpoints);
    let chosen = narrowed.endpoint.as_ref().map(|endpoint| endpoint.id);
    html! {
        form.find method="get" role="search" {
            div { label for="endpoint" { "Endpoint" } select id="endpoint" name="endpoint" data-submit {
                option value="" { "All endpoints" }
                @for endpoint in endpoints.iter().map(|view| &view.endpoint) { option value=(endpoint.id) selected[chosen == Some(endpoint.id)] { (endpoint.url) } }
            } }
            div { label for="status" { "Status" } select id="status" name="status" data-submit {
                option value="" { "Any" }
                @for (word, title, _) in STATUSES { option value=(word) selected[narrowed.status == word] { (title) } }
            } }
            button type="submit" { "Show" }
            @if narrowed.is_any() { a.button.quiet href=(desk.href("/live")) { "Show all" } }
        }
    }
}

async fn newest(desk: &Desk, narrowed: &Narrowed) -> Result<Vec<Row>, Refusal> {
    let store = desk.console.engine.context().store();
    let query = PageQuery { seek: None, descending: true, limit: ROWS };
    let page = store.deliveries(desk.application.id, narrowed.filter(), query).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for delivery in page.items {
        if let Some(row) = Row::read(desk, delivery).await? {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    Ok(rows)
}
