//! An inbox: its URL, what it answers, and what arrives, as it arrives.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    endpoint::Endpoint,
    inbox::{ArrivalSummary, Inbox, InboxAnswer},
    limits::INBOX_ARRIVALS,
    verify::Verdict,
};
use maud::{Markup, html};

use super::{arrived, list::ending};
use crate::{
    desk::{Desk, Section},
    listing::{Parameters, given},
    page::encode,
    refusal::Refusal,
    view::{Tone, ago, badge, bytes, code_block, done},
};

/// `GET …/inbox/{inbox}`; `?request=` shows one that is not the newest.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let inbox = desk.inbox().await?;
    let url = desk.inbox_urls()?.url(&inbox.token);
    let senders = desk.senders(&inbox).await?;
    let arrivals = desk.console.engine.arrivals(&inbox).await?;
    let wanted: Option<u64> = given(&parameters, "request").and_then(|number| number.parse().ok());
    let chosen = match wanted {
        Some(number) => arrivals.iter().find(|arrival| arrival.number == number),
        None => arrivals.first(),
    };
    let request = match chosen {
        Some(chosen) => Some(arrived::of(&desk, &inbox, chosen).await?),
        None => None,
    };
    let newest = arrivals.first().map_or(0, |newest| newest.number);
    let content = html! {
        (done(&parameters))
        div.heading { h1 { "Inbox …" (ending(&inbox)) } }
        section.panel {
            h2 { "Its URL" }
            p.soft { "Whatever is sent there is kept below. Who knows the URL can send to it, and only you can look." }
            div.wrapped { (code_block("inbox-url", "URL of the inbox", &url)) }
            (sends_here(&desk, &url, &senders))
            (answers(&desk, &inbox))
        }
        section #arrivals.inbox data-live="#arrivals" data-state=(format!("{newest} {wanted:?}")) {
            div.heading {
                h2 { "What arrived" }
                @if arrivals.is_empty() { a.button.small href=(desk.inbox_href(&inbox, "")) { "Look again" } }
            }
            @if arrivals.is_empty() { p.soft { "Nothing yet. It appears here by itself; without script, look again." } }
            @else {
                div.inside {
                    div { (table(&desk, &inbox, &arrivals, chosen)) p.help { "The newest " (INBOX_ARRIVALS) " are kept." @if wanted.is_some() { " " a href=(desk.inbox_href(&inbox, "")) { "Follow the newest" } } } }
                    @match request { Some(request) => div.request { (request) }, None => p.soft { "This request is no longer kept." } }
                }
            }
        }
    };
    let trail = vec![("Inbox".to_owned(), desk.href("/inbox"))];
    Ok(desk.page(Section::Inbox, "Inbox", trail, content))
}

fn sends_here(desk: &Desk, url: &str, senders: &[Endpoint]) -> Markup {
    html! {
        @if senders.is_empty() {
            div.actions {
                a.button.primary href=(desk.href(&format!("/endpoints/new?url={}", encode(url)))) { "Add it as an endpoint" }
                span.help { "Then its requests are signed, and checked here as your receiver would." }
            }
        } @else {
            div.actions {
                @for endpoint in senders.iter().filter(|endpoint| desk.may_send(endpoint)) { a.button href=(desk.endpoint_href(endpoint, "/test")) { "Send it a test event" @if senders.len() > 1 { ": " (endpoint.id) } } }
                a href=(desk.endpoint_href(&senders[0], "")) { "To the endpoint that sends here" }
            }
        }
    }
}

fn answers(desk: &Desk, inbox: &Inbox) -> Markup {
    let InboxAnswer { status, after } = inbox.answer;
    html! {
        form.find method="post" action=(desk.inbox_href(inbox, "/answer")) {
            (desk.csrf())
            div { label for="status" { "It answers" } select id="status" name="status" {
                @for known in InboxAnswer::STATUSES { option value=(known) selected[known == status] { (known) " " (meaning(known)) } }
            } }
            div { label for="wait" { "after" } select id="wait" name="wait" {
                @for wait in InboxAnswer::WAITS { option value=(wait) selected[wait == after.as_secs()] { @if wait == 0 { "no wait" } @else { (wait) " seconds" } } }
            } }
            button type="submit" { "Save" }
            a.button.quiet href=(desk.inbox_href(inbox, "/delete")) { "Delete inbox…" }
        }
        p.help { "Choose a failure to see how deliveries are repeated. The inbox lasts until " (inbox.expires_at.format("%Y-%m-%d")) "; saving prolongs its life." }
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "",
    }
}

fn table(desk: &Desk, inbox: &Inbox, arrivals: &[ArrivalSummary], chosen: Option<&ArrivalSummary>) -> Markup {
    let now = desk.now();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Requests" { table {
            thead { tr { th scope="col" { "Request" } th scope="col" { "Check" } th scope="col" { "Arrived" } } }
            tbody { @for arrival in arrivals {
                @let is_here = chosen.is_some_and(|chosen| chosen.number == arrival.number);
                tr.chosen[is_here] {
                    th scope="row" { a href=(desk.inbox_href(inbox, &format!("?request={}#arrivals", arrival.number))) aria-current=[is_here.then_some("true")] { (arrival.number) " · " (arrival.method) } span.small.soft { (bytes(arrival.body_bytes)) } }
                    td.tight { (verdict(arrival.verdict)) }
                    td { (ago(arrival.at, now)) }
                }
            } }
        } }
    }
}

/// How a request is, as a whole.
pub(super) fn verdict(verdict: Option<Verdict>) -> Markup {
    match verdict {
        Some(Verdict::Right) => badge(Tone::Good, "Right"),
        Some(Verdict::Unchecked) => badge(Tone::Neutral, "In part"),
        Some(Verdict::Wrong) => badge(Tone::Bad, "Wrong"),
        None => badge(Tone::Neutral, "Not checked"),
    }
}
