//! The inboxes of an application.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    inbox::Inbox,
    limits::{INBOX_ARRIVALS, INBOX_LIFE, INBOXES},
};
use maud::{Markup, html};

use crate::{
    desk::{Desk, Section},
    listing::Parameters,
    refusal::Refusal,
    view::{ago, done, duration, empty},
};

/// `GET …/inbox`.
pub(crate) async fn list(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    desk.inbox_urls()?;
    let inboxes = desk.configure().inboxes(&desk.application).await?;
    let mut rows = Vec::with_capacity(inboxes.len());
    for inbox in inboxes {
        let (senders, arrivals) = (desk.senders(&inbox).await?, desk.console.engine.arrivals(&inbox).await?);
        rows.push((inbox, senders.len(), arrivals.first().map(|newest| newest.at), arrivals.len()));
    }
    let content = html! {
        (done(&parameters))
        div.heading { h1 { "Inbox" } @if !rows.is_empty() && rows.len() < INBOXES { (make(&desk)) } }
        p.lead { "An inbox is a URL on this server that keeps what arrives, to look at: headers, body, and whether the signature is right. Try out your webhooks with it before you have a receiver." }
        @if rows.is_empty() { (empty("No inbox yet", html! { p { "Up to " (INBOXES) ", each for " (duration(INBOX_LIFE)) " and the newest " (INBOX_ARRIVALS) " requests." } (make(&desk)) })) }
        @else { div.table-scroll tabindex="0" role="region" aria-label="Inboxes" { table {
            thead { tr { th scope="col" { "Inbox" } th scope="col" { "Kept" } th scope="col" { "Last request" } th scope="col" { "Endpoints that send here" } th scope="col" { "Gone" } } }
            tbody { @for (inbox, senders, newest, kept) in &rows { tr {
                th scope="row" { a href=(desk.inbox_href(inbox, "")) { "Inbox …" (ending(inbox)) } }
                td { (kept) }
                td { @if let Some(at) = newest { (ago(*at, desk.now())) } @else { span.none { "none" } } }
                td { (senders) }
                td { (ago(inbox.expires_at, desk.now())) }
            } } }
        } } }
    };
    Ok(desk.page(Section::Inbox, "Inbox", Vec::new(), content))
}

/// What tells an inbox from its sisters.
pub(super) fn ending(inbox: &Inbox) -> &str {
    let token = inbox.token.as_str();
    &token[token.len().saturating_sub(6)..]
}

fn make(desk: &Desk) -> Markup {
    html! {
        form method="post" action=(desk.href("/inbox")) {
            (desk.csrf())
            button.primary type="submit" { "Make an inbox" }
        }
    }
}
