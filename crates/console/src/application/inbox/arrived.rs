//! One request that arrived: its check, its headers as they came, its body.

use std::fmt::Write as _;

use fanfare_core::{
    inbox::{ArrivalSummary, ArrivedRequest, Checked, Inbox},
    limits::INBOX_BODY_BYTES,
    verify::{Check, Verdict},
};
use maud::{Markup, html};

use super::show::verdict;
use crate::{
    application::message::readable,
    desk::Desk,
    refusal::Refusal,
    view::{Tone, badge, bytes, code_block, moment},
};

/// The request that a row of the list stands for.
pub(super) async fn of(desk: &Desk, inbox: &Inbox, summary: &ArrivalSummary) -> Result<Markup, Refusal> {
    let found = desk.console.engine.arrival(desk.environment.id, inbox, summary.number).await?;
    let Some(request) = found else { return Ok(html! { p.soft { "This request is no longer kept." } }) };
    Ok(html! {
        section.panel aria-labelledby="request-title" {
            div.heading { h3 #request-title { "Request " (summary.number) } (verdict(summary.verdict)) }
            p.small.soft { (moment(summary.at)) }
            @match &request.checked {
                Some(checked) => (check(desk, checked)),
                None => p.soft { "Not checked, as none of your endpoints sends here: it is not known what it should be like." },
            }
        }
        section.panel {
            h3 { "Headers" }
            (code_block("arrived-head", "Head of the request", &head(&request)))
            @if request.headers.len() < request.headers_in_all { p.soft { (request.headers_in_all - request.headers.len()) " more headers did not fit." } }
        }
        (body(&request, summary))
    })
}

fn check(desk: &Desk, Checked { endpoint, checks }: &Checked) -> Markup {
    html! {
        ul.checks { @for Check { part, outcome, detail } in checks {
            li {
                (match outcome {
                    Verdict::Right => badge(Tone::Good, "Right"),
                    Verdict::Unchecked => badge(Tone::Neutral, "Not checked"),
                    Verdict::Wrong => badge(Tone::Bad, "Wrong"),
                })
                span { strong { (part) } " " span.soft { (detail) } }
            }
        } }
        p.help { "Checked when it arrived, with the profile and secrets of " a href=(desk.href(&format!("/endpoints/{endpoint}"))) { "the endpoint that sends here" } "." }
    }
}

fn head(request: &ArrivedRequest) -> String {
    let mut head = format!("{} {}\n", request.method, request.target);
    for (name, value) in &request.headers {
        writeln!(head, "{name}: {value}").expect("writing to a String cannot fail");
    }
    head
}

fn body(request: &ArrivedRequest, summary: &ArrivalSummary) -> Markup {
    let raw = String::from_utf8_lossy(&request.body);
    let laid_out = readable(&request.body);
    html! {
        section.panel {
            div.heading { h3 { "Body" } span.small.soft { (bytes(summary.body_bytes)) } }
            @if request.body.is_empty() { p.soft { "It has none." } }
            @else if laid_out == raw { (code_block("arrived-body", "Body", &raw)) }
            @else {
                div.bodies {
                    div { h4 { "Laid out" } (code_block("arrived-json", "Body, laid out", &laid_out)) }
                    div { h4 { "As it came" } div.wrapped { (code_block("arrived-body", "Body as it came", &raw)) } }
                }
            }
            @if summary.body_bytes > request.body.len() as u64 { p.soft { "Only the first " (bytes(INBOX_BODY_BYTES as u64)) " are kept; all of it was checked." } }
        }
    }
}
