//! The audit log: who changed what when.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    id::{AuditId, KeyId},
    ports::store::{AuditEntry, Page, PageQuery, Seek},
};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    listing::{Parameters, neighbours, seek},
    refusal::Refusal,
    view::{ago, empty, pager},
};

const PER_PAGE: usize = 50;

/// `GET …/audit`.
pub(crate) async fn list(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let seek = seek(&parameters)?;
    let page = office.audits(seek, PER_PAGE).await?;
    let content = html! {
        div.heading { h1 { "Audit log" } }
        p.lead { "Every change of configuration, and every secret that somebody looked at." }
        @if page.items.is_empty() { (empty("Nothing yet", html! { p { "Changes appear here." } })) } @else { (table(&office, &page.items)) }
        (pages(&office, &page, seek))
    };
    Ok(office.page(Section::Audit, "Audit log", content))
}

/// The newest rows.
pub(super) async fn recent(office: &Office, limit: usize) -> Result<Markup, Refusal> {
    let page = office.audits(None, limit).await?;
    let now = office.console.engine.now();
    Ok(html! {
        @if page.items.is_empty() { p.soft { "Nothing yet." } }
        ul.changes { @for entry in &page.items { li { (said(entry)) " " span.small.soft { (by(&entry.actor)) ", " (ago(entry.at, now)) } } } }
    })
}

impl Office {
    async fn audits(&self, seek: Option<Seek<AuditId>>, limit: usize) -> Result<Page<AuditEntry>, Refusal> {
        let query = PageQuery { seek, descending: true, limit };
        Ok(self.console.engine.context().store().audits(self.environment.id, None, query).await?)
    }
}

fn table(office: &Office, entries: &[AuditEntry]) -> Markup {
    let now = office.console.engine.now();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Audit log" { table {
            thead { tr { th scope="col" { "What" } th scope="col" { "Of" } th scope="col" { "By" } th scope="col" { "When" } } }
            tbody { @for entry in entries { tr {
                th scope="row" { (said(entry)) }
                td {
                    code.id { (entry.target) }
                    @if let Some(application) = entry.application { @if application.to_string() != entry.target { br; a.small href=(office.href(&format!("/apps/{application}"))) { "application" } } }
                    @if let Some(detail) = &entry.detail { p.why { (detail) } }
                }
                td { code.id { (entry.actor) } }
                td { (ago(entry.at, now)) }
            } } }
        } }
    }
}

/// Who, short: the end of a key's id tells it from others.
fn by(actor: &str) -> String {
    match actor.strip_prefix(KeyId::PREFIX) {
        Some(digits) => format!("key …{}", digits.get(digits.len().saturating_sub(8)..).unwrap_or(digits)),
        None => actor.to_owned(),
    }
}

/// `endpoint.rotate_secret` as words.
fn said(entry: &AuditEntry) -> String {
    entry.action.replace(['.', '_'], " ")
}

fn pages(office: &Office, page: &Page<AuditEntry>, seek: Option<Seek<AuditId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| office.href(&format!("/audit?before={}", first.id))),
        older.then(|| office.href(&format!("/audit?after={}", last.id))),
    )
}
