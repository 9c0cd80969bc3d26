//! The applications of an environment.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    application::Application,
    id::ApplicationId,
    limits::PAGE_DEFAULT,
    ports::store::{Named, Page, PageQuery, Seek},
};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    listing::{Parameters, given, neighbours, seek},
    refusal::Refusal,
    view::{ago, empty, pager},
};

/// `GET …/apps`.
pub(crate) async fn list(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let wanted = given(&parameters, "find").unwrap_or_default();
    let seek = seek(&parameters)?;
    let page = match wanted {
        "" => office.page_of(seek).await?,
        wanted => office.found(wanted).await?,
    };
    let content = html! {
        div.heading { h1 { "Applications" } }
        p.lead { "Each customer of " strong { (office.environment.name) } " is one application, with endpoints of its own." }
        form.find method="get" role="search" {
            label for="find" { "Id or uid" }
            input type="search" id="find" name="find" value=(wanted) autocomplete="off" spellcheck="false";
            button type="submit" { "Find" }
            @if !wanted.is_empty() { a.button href=(office.href("/apps")) { "Show all" } }
        }
        (table(&office, &page.items, wanted))
        (pages(&office, &page, seek))
    };
    Ok(office.page(Section::Applications, "Applications", content))
}

impl Office {
    async fn page_of(&self, seek: Option<Seek<ApplicationId>>) -> Result<Page<Application>, Refusal> {
        let query = PageQuery { seek, descending: true, limit: PAGE_DEFAULT };
        Ok(self.console.engine.context().store().applications(self.environment.id, query).await?)
    }

    async fn found(&self, wanted: &str) -> Result<Page<Application>, Refusal> {
        let name = match wanted.parse() {
            Ok(id) => Some(Named::Id(id)),
            Err(_) => wanted.parse().ok().map(Named::Uid),
        };
        let Some(name) = name else { return Ok(Page { items: Vec::new(), done: true }) };
        let found = self.console.engine.context().store().application(self.environment.id, name).await?;
        Ok(Page { items: found.into_iter().collect(), done: true })
    }
}

fn table(office: &Office, applications: &[Application], wanted: &str) -> Markup {
    let now = office.console.engine.now();
    if applications.is_empty() {
        return match wanted {
            "" => empty(
                "No applications yet",
                html! { p { "Your platform makes one for each customer, by the API." } },
            ),
            wanted => empty(
                "Nothing found",
                html! { p { "No application has the id or uid " code { (wanted) } "." } },
            ),
        };
    }
    html! {
        div.table-scroll { table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Uid" } th scope="col" { "Id" } th scope="col" { "Made" } } }
            tbody { @for application in applications {
                tr {
                    th scope="row" { a href=(office.href(&format!("/apps/{}", application.id))) { (application.name) } }
                    td { @if let Some(uid) = &application.uid { code { (uid) } } @else { span.none { "none" } } }
                    td { code.id { (application.id) } }
                    td { (ago(application.created_at, now)) }
                }
            } }
        } }
    }
}

fn pages(office: &Office, page: &Page<Application>, seek: Option<Seek<ApplicationId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| office.href(&format!("/apps?before={}", first.id))),
        older.then(|| office.href(&format!("/apps?after={}", last.id))),
    )
}
