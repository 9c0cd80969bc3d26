//! The replays of all applications of an environment.

use std::collections::BTreeMap;

use axum::{extract::Query, response::Response};
use fanfare_core::{
    environment::Role,
    id::{ApplicationId, JobId},
    ports::store::{Named, Page, PageQuery, Seek},
    replay::Replay,
};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    application::replays::{bar, kinds, title},
    listing::{Parameters, neighbours, seek},
    refusal::Refusal,
    view::{ago, empty, pager, replay_status},
};

const PER_PAGE: usize = 50;

/// `GET …/replays`.
pub(crate) async fn list(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let seek = seek(&parameters)?;
    let query = PageQuery { seek, descending: true, limit: PER_PAGE };
    let store = office.console.engine.context().store();
    let page = store.environment_replays(office.environment.id, query).await?;
    let mut names = BTreeMap::new();
    for job in &page.items {
        if !names.contains_key(&job.application)
            && let Some(found) = store.application(office.environment.id, Named::Id(job.application)).await?
        {
            names.insert(job.application, found.name);
        }
    }
    let content = html! {
        div.heading { h1 { "Replays" } @if !page.items.is_empty() { a.button href=(office.href("/replays")) { "Reload" } } }
        p.lead { "Deliveries that are sent again in the background, of all applications." }
        @if page.items.is_empty() { (empty("No replays yet", html! { p { "An application's endpoints have a page Recover; the API and " code { "fanfare replay" } " start them too." } })) }
        @else { (table(&office, &page.items, &names)) }
        (pages(&office, &page, seek))
    };
    Ok(office.page(Section::Replays, "Replays", content))
}

fn table(office: &Office, jobs: &[Replay], names: &BTreeMap<ApplicationId, String>) -> Markup {
    let now = office.console.engine.now();
    let may_cancel = office.visit.role() == Role::Admin;
    let any_open = may_cancel && jobs.iter().any(|job| job.status.is_open());
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Replays" { table {
            thead { tr {
                th scope="col" { "Status" } th scope="col" { "What" } th scope="col" { "Application" } th scope="col" { "Progress" } th scope="col" { "Asked for" }
                @if any_open { th scope="col" { "Cancel" } }
            } }
            tbody { @for job in jobs {
                @let application = office.href(&format!("/apps/{}", job.application));
                @let name = names.get(&job.application);
                tr {
                    td.tight { (replay_status(job.status)) }
                    th scope="row" { a href=(format!("{application}/replays/{}", job.id)) { (title(job)) } p.why { (kinds(&job.selection)) } }
                    td { @match name { Some(name) => a href=(application) { (name) }, None => span.soft { "deleted" } } }
                    td { (bar(job)) @if let Some(error) = &job.error { p.why { (error) } } }
                    td { (ago(job.created_at, now)) }
                    @if any_open { td { @if job.status.is_open() {
                        form method="post" action=(format!("{application}/replays/{}/cancel", job.id)) {
                            (office.csrf())
                            button.small.danger type="submit" aria-label=(format!("Cancel the replay of {}", name.map_or("a deleted application", String::as_str))) { "Cancel" }
                        }
                    } } }
                }
            } }
        } }
    }
}

fn pages(office: &Office, page: &Page<Replay>, seek: Option<Seek<JobId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| office.href(&format!("/replays?before={}", first.id))),
        older.then(|| office.href(&format!("/replays?after={}", last.id))),
    )
}
