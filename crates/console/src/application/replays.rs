//! Replays of an application: what was asked to be sent again, how far it is, calling it off.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{
    delivery::DeliveryState,
    id::JobId,
    limits::PAGE_DEFAULT,
    ports::store::{Page, PageQuery, Seek},
    replay::{Replay, ReplayStatus, Selection},
};
use maud::{Markup, html};

use crate::{
    desk::{Desk, Section},
    form::Posted,
    listing::{Parameters, neighbours, seek},
    refusal::Refusal,
    view::{ago, done, empty, fact, moment, pager, replay_status},
};

const PER_PAGE: usize = PAGE_DEFAULT;

/// `GET …/replays`.
pub(crate) async fn list(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let seek = seek(&parameters)?;
    let query = PageQuery { seek, descending: true, limit: PER_PAGE };
    let page = desk.console.engine.context().store().replays(desk.application.id, query).await?;
    let content = html! {
        div.heading { h1 { "Replays" } }
        p.lead { "Deliveries that were chosen by what they are, and are sent again in the background." }
        @if page.items.is_empty() {
            (empty("No replays yet", html! {
                p { "When a server was down for a while, have what it lost sent again: open the endpoint and choose Recover." }
                p { a.button href=(desk.href("")) { "Endpoints" } }
            }))
        } @else { (table(&desk, &page.items).await?) }
        (pages(&desk, &page, seek))
    };
    Ok(desk.page(Section::Replays, "Replays", Vec::new(), content))
}

/// `GET …/replays/{replay}`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let job = desk.replay().await?;
    let mut trail = vec![("Replays".to_owned(), desk.href("/replays"))];
    let endpoints = targets(&desk, &job).await?;
    if let [(url, Some(href))] = &endpoints[..] {
        trail.push((url.clone(), href.clone()));
    }
    let content = html! {
        (done(&parameters))
        div.heading { h1 { (title(&job)) } }
        (progress(&desk, &job))
        section.panel { h2 { "What is sent again" } dl.facts {
            (fact("To", html! { @if endpoints.is_empty() { "all endpoints" } @for (url, href) in &endpoints { div { @match href { Some(href) => a href=(href) { (url) }, None => code.id { (url) } } } } }))
            (fact("Deliveries that are", html! { (kinds(&job.selection)) }))
            (fact("Event types", types(&job.selection)))
            (fact("Accepted from", moment(job.selection.since)))
            (fact("Accepted until", moment(job.selection.until)))
            (fact("Speed", html! { @match job.rate { Some(rate) => { "at most " (rate) " a second" }, None => "as fast as possible" } }))
            (fact("Asked for", moment(job.created_at)))
            (fact("Id", html! { code.id { (job.id) } }))
        } }
    };
    Ok(desk.page(Section::Replays, title(&job), trail, content))
}

/// `POST …/replays/{replay}/cancel`.
pub(crate) async fn cancel(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let job = desk.replay().await?;
    let audit =
        desk.configure().audit(desk.environment.id, Some(desk.application.id), "replay.cancel", &job.id);
    let cancelled = desk.console.engine.cancel_replay(desk.application.id, job.id, audit).await?;
    // One that has ended meanwhile says so on its page.
    let said = if cancelled.map_err(|_| Refusal::NotFound("this replay"))? { "?done=cancelled" } else { "" };
    Ok(Redirect::to(&desk.href(&format!("/replays/{}{said}", job.id))).into_response())
}

impl Desk {
    /// The replay that the path names.
    async fn replay(&self) -> Result<Replay, Refusal> {
        let what = "this replay";
        let id: JobId = self.names.id("replay", what)?;
        let found = self.console.engine.context().store().replay(self.application.id, id).await?;
        found.ok_or(Refusal::NotFound(what))
    }
}

pub(crate) fn title(job: &Replay) -> &'static str {
    if job.selection.missed { "Recovery" } else { "Replay" }
}

/// How far it is; looked at again and again by the script while it goes on.
fn progress(desk: &Desk, job: &Replay) -> Markup {
    let is_open = job.status.is_open();
    html! {
        section.panel #progress {
            div.heading {
                h2 { "Progress" }
                (replay_status(job.status))
            }
            div data-refresh=[is_open.then_some("#progress")] data-every=[is_open.then_some("1000")] { (bar(job)) }
            dl.facts {
                (fact(if job.status == ReplayStatus::Counting { "Counted so far" } else { "Chosen" }, html! { (job.counts.counted) }))
                (fact("Queued to be sent", html! { (job.counts.sent) }))
                (fact("Skipped", html! { (job.counts.skipped) }))
                @if job.counts.failed > 0 { (fact("Deleted meanwhile", html! { (job.counts.failed) })) }
                (fact("Last moved", ago(job.updated_at, desk.now())))
            }
            @if let Some(error) = &job.error { div.notice.bad { p { "It could not go on: " (error) } p { "Ask for it again; what was sent before is sent again too." } } }
            @if is_open {
                div.actions {
                    @if desk.read_only().is_none() {
                        form method="post" action=(desk.href(&format!("/replays/{}/cancel", job.id))) {
                            (desk.csrf())
                            button.danger type="submit" { "Cancel" }
                        }
                    }
                    a.button href=(desk.href(&format!("/replays/{}", job.id))) { "Reload" }
                }
            }
            @if job.status == ReplayStatus::Running { p.help { "It waits while an endpoint has much before it, so that new events are not held up." } }
            @if job.counts.skipped > 0 { p.help { "Skipped is what has expired, was superseded by a newer message, has no payload any more, or was just being sent." } }
        }
    }
}

/// A bar with its numbers; without an end as long as it counts.
pub(crate) fn bar(job: &Replay) -> Markup {
    let counts = job.counts;
    let dealt = counts.sent + counts.skipped + counts.failed;
    // More than was counted, where more came to be of the kind meanwhile.
    let total = counts.counted.max(dealt);
    html! {
        @match job.status {
            ReplayStatus::Counting => { progress.replay aria-label="Counting" {} span.small.soft { "counting: " (counts.counted) } },
            _ => {
                progress.replay max=(total.max(1)) value=(if total == 0 { 1 } else { dealt }) aria-label="Dealt with" {}
                span.small.soft { (dealt) " of " (total) }
            },
        }
    }
}

/// The endpoints of a job: what each is called, and its page if it has one; empty is all of them.
async fn targets(desk: &Desk, job: &Replay) -> Result<Vec<(String, Option<String>)>, Refusal> {
    let view = desk.console.engine.configurations().by_id(desk.application.id).await?;
    let name = |id| match view.as_ref().and_then(|view| view.endpoint(id)) {
        Some(view) => (view.endpoint.url.to_string(), Some(desk.endpoint_href(&view.endpoint, ""))),
        None => (id.to_string(), None),
    };
    Ok(job.selection.endpoints.iter().flatten().map(|id| name(*id)).collect())
}

/// The states as words, with what was missed.
pub(crate) fn kinds(selection: &Selection) -> String {
    let word = |state: &DeliveryState| match state {
        DeliveryState::Succeeded => "delivered",
        other => other.as_str(),
    };
    let mut words: Vec<_> = selection.states.iter().map(word).collect();
    if selection.missed {
        words.push("missed while disabled");
    }
    words.join(", ")
}

fn types(selection: &Selection) -> Markup {
    html! {
        @match &selection.event_types {
            None => "all",
            Some(types) => @for (place, name) in types.iter().enumerate() { @if place > 0 { ", " } code { (name) } },
        }
    }
}

/// How many endpoints, or which one.
fn extent(endpoints: &[(String, Option<String>)]) -> String {
    match endpoints {
        [] => "all endpoints".to_owned(),
        [(one, _)] => one.clone(),
        several => format!("{} endpoints", several.len()),
    }
}

async fn table(desk: &Desk, jobs: &[Replay]) -> Result<Markup, Refusal> {
    let now = desk.now();
    let mut rows = Vec::with_capacity(jobs.len());
    for job in jobs {
        rows.push((job, targets(desk, job).await?));
    }
    Ok(html! {
        div.table-scroll tabindex="0" role="region" aria-label="Replays" { table {
            thead { tr { th scope="col" { "Status" } th scope="col" { "What" } th scope="col" { "Progress" } th scope="col" { "Asked for" } } }
            tbody { @for (job, endpoints) in &rows { tr {
                td.tight { (replay_status(job.status)) }
                th scope="row" { a href=(desk.href(&format!("/replays/{}", job.id))) { (title(job)) } p.why { (kinds(&job.selection)) ", to " (extent(endpoints)) } }
                td { (bar(job)) }
                td { (ago(job.created_at, now)) }
            } } }
        } }
    })
}

fn pages(desk: &Desk, page: &Page<Replay>, seek: Option<Seek<JobId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| desk.href(&format!("/replays?before={}", first.id))),
        older.then(|| desk.href(&format!("/replays?after={}", last.id))),
    )
}
