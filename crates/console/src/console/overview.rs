//! An environment at a glance: what fails, what changed lately.

use axum::response::Response;
use fanfare_core::{limits::PAGE_DEFAULT, ports::store::PageQuery};
use maud::{Markup, html};

use super::{Office, Section, audit};
use crate::{
    refusal::Refusal,
    view::{Tone, ago, badge, fact},
};

/// Applications that the overview looks at: the newest ones.
const LOOKED_AT: usize = PAGE_DEFAULT;
/// Rows of the audit log that it shows.
const CHANGES: usize = 8;

/// `GET /console/{env}`.
pub(crate) async fn show(office: Office) -> Result<Response, Refusal> {
    let failing = failing(&office).await?;
    let changes = audit::recent(&office, CHANGES).await?;
    let content = html! {
        div.heading { h1 { (office.environment.name) } }
        section.panel {
            dl.facts {
                (fact("Profile", html! { a href=(office.href(&format!("/profiles/{}", office.environment.profile))) { (office.environment.profile) } }))
                (fact("Id", html! { code.id { (office.environment.id) } }))
                (fact("Made", ago(office.environment.created_at, office.console.engine.now())))
            }
        }
        div.split {
            section.panel {
                h2 { "Failing endpoints" }
                p.soft { "Of the " (LOOKED_AT) " newest applications: those whose last attempt failed." }
                (failing)
            }
            section.panel {
                div.heading { h2 { "Lately changed" } a href=(office.href("/audit")) { "Audit log" } }
                (changes)
            }
        }
    };
    Ok(office.page(Section::Overview, &office.environment.name, content))
}

async fn failing(office: &Office) -> Result<Markup, Refusal> {
    let store = office.console.engine.context().store();
    let newest = PageQuery { seek: None, descending: true, limit: LOOKED_AT };
    let applications = store.applications(office.environment.id, newest).await?.items;
    let mut rows = Vec::new();
    for application in applications {
        for health in store.health(application.id).await? {
            let Some(since) = health.failing_since else { continue };
            let name = fanfare_core::ports::store::Named::Id(health.endpoint);
            if let Some(endpoint) = store.endpoint(application.id, name).await? {
                rows.push((application.clone(), endpoint, since));
            }
        }
    }
    let now = office.console.engine.now();
    Ok(html! {
        @if rows.is_empty() { p { (badge(Tone::Good, "None")) } } @else {
            div.table-scroll tabindex="0" role="region" aria-label="Failing endpoints" { table {
                thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Application" } th scope="col" { "Failing since" } } }
                tbody { @for (application, endpoint, since) in &rows { tr {
                    th scope="row" { a href=(office.href(&format!("/apps/{}/endpoints/{}", application.id, endpoint.id))) { (endpoint.url) } }
                    td { (application.name) }
                    td { (ago(*since, now)) }
                } } }
            } }
        }
    })
}
