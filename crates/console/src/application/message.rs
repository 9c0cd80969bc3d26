//! One message: what it says, where it went, every attempt; sending it again.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{
    delivery::{Attempt, DeliveryKey},
    endpoint::Endpoint,
    environment::Role,
    message::{Message, Payload},
    ports::store::{AttemptFilter, AttemptsOf, ChangeError, Destination, PageQuery},
};
use maud::{Markup, html};

use crate::{
    application::{explain, request},
    desk::{Desk, Section},
    form::Posted,
    listing::Parameters,
    refusal::Refusal,
    view::{ago, code_block, done, duration, fact, moment, outcome, state},
};

/// Destinations that the page shows, and attempts of each.
const DESTINATIONS: usize = 50;
const ATTEMPTS: usize = 25;

/// `GET …/messages/{message}`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let message = desk.found_message().await?;
    let shown = match desk.visit.role() {
        Role::Portal => desk.profile.shown(&message.payload),
        _ => message.payload.clone(),
    };
    let store = desk.console.engine.context().store();
    let first = PageQuery { seek: None, descending: false, limit: DESTINATIONS };
    let page = store.destinations(desk.application.id, message.id, first).await?;
    let content = html! {
        (done(&parameters))
        div.heading { h1 { code { (message.event_type) } } }
        dl.facts {
            (fact("Id", html! { code.id { (message.id) } }))
            @if let Some(id) = &message.event_id { (fact("Event id", html! { code { (id) } })) }
            (fact("Accepted", moment(message.created_at)))
            @if let Some(at) = message.deliver_at { (fact("To be delivered", moment(at))) }
            @if let Some(at) = message.expires_at { (fact("Expires", moment(at))) }
            @if !message.channels.is_empty() { (fact("Channels", html! { @for (place, name) in message.channels.iter().enumerate() { @if place > 0 { ", " } code { (name) } } })) }
        }
        section.panel { h2 { "Payload" } (payload(&shown)) }
        h2 { "Deliveries" }
        @if page.items.is_empty() { p.soft { "No endpoint wanted it." } }
        @for destination in &page.items { (delivery(&desk, &message, destination, &parameters).await?) }
        @if !page.done { p.soft { "Only the first " (DESTINATIONS) " endpoints are shown; each endpoint's own log has the rest." } }
    };
    let trail = vec![("Messages".to_owned(), desk.href("/messages"))];
    Ok(desk.page(Section::Messages, message.event_type.as_str(), trail, content))
}

/// `POST …/messages/{message}/resend/{endpoint}`.
pub(crate) async fn resend(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let (message, endpoint) = (desk.found_message().await?, desk.endpoint().await?);
    desk.require_sending(&endpoint)?;
    if message.payload == Payload::Expunged {
        return Err(Refusal::Conflict(
            "The payload of this message is erased: it cannot be sent again.".to_owned(),
        ));
    }
    let key = DeliveryKey { application: desk.application.id, message: message.id, endpoint: endpoint.id };
    match desk.console.engine.resend(key).await? {
        Ok(()) => {
            Ok(Redirect::to(&desk.href(&format!("/messages/{}?done=resent", message.id))).into_response())
        }
        Err(ChangeError::NotFound) => Err(Refusal::NotFound("this endpoint")),
        Err(error) => Err(Refusal::Conflict(error.to_string())),
    }
}

impl Desk {
    /// The message that the path names, with its payload.
    pub(crate) async fn found_message(&self) -> Result<Message, Refusal> {
        let id = self.message()?;
        let found = self.console.engine.context().store().message(self.application.id, id, true).await?;
        found.ok_or(Refusal::NotFound("this message"))
    }
}

/// The payload as it came: its bytes are never re-formatted.
pub(crate) fn payload(payload: &Payload) -> Markup {
    html! {
        @match payload {
            Payload::Expunged => p.soft { "It has been erased." },
            Payload::Json(bytes) | Payload::Raw(bytes) => (code_block("payload", "Payload", &readable(bytes))),
        }
    }
}

/// Bytes as text: JSON on several lines where that changes nothing but spaces, else as they came.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    // Large numbers, repeated names and the order of names would not survive a parse into values.
    let laid_out = serde_json::from_str::<&serde_json::value::RawValue>(&text).ok().map(|_| lay_out(&text));
    laid_out.unwrap_or_else(|| text.into_owned())
}

/// Valid JSON with line breaks and indents between its tokens; every token stays as it is.
fn lay_out(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) =
        (String::with_capacity(json.len() * 2), 0_usize, false, false);
    let mut opened = false;
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if opened != closes {
            line(&mut out, depth);
        }
        opened = matches!(c, '{' | '[');
        out.push(c);
        match c {
            '"' => in_string = true,
            '{' | '[' => depth += 1,
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    // Deep nesting would otherwise make a small text very large.
    out.extend(std::iter::repeat_n("  ", depth.min(16)));
}

async fn delivery(
    desk: &Desk,
    message: &Message,
    destination: &Destination,
    parameters: &[(String, String)],
) -> Result<Markup, Refusal> {
    let Destination { endpoint, delivery } = destination;
    let of = AttemptFilter { endpoint: Some(endpoint.id), ..AttemptFilter::default() };
    let newest = PageQuery { seek: None, descending: true, limit: ATTEMPTS };
    let store = desk.console.engine.context().store();
    let attempts =
        store.attempts(desk.application.id, AttemptsOf::Message(message.id), of, newest).await?.items;
    let now = desk.now();
    let is_waiting = delivery.state.is_waiting();
    let asked = crate::listing::given(parameters, "request");
    Ok(html! {
        section.panel {
            div.heading {
                h3 { @if endpoint.deleted_at.is_some() { (endpoint.url) } @else { a href=(desk.endpoint_href(endpoint, "")) { (endpoint.url) } } }
                (state(delivery))
            }
            @if let Some(why) = explain::end(delivery) { p { (why) } }
            @if is_waiting { p.soft { @if delivery.due > now { "Next attempt " (ago(delivery.due, now)) ", at " (moment(delivery.due)) "." } @else { "It is sent as soon as it is its turn." } } }
            @if endpoint.deleted_at.is_some() { p.soft { "This endpoint was deleted." } }
            @if attempts.is_empty() { p.soft { "No attempt was made yet." } } @else {
                ol.attempts { @for attempt in &attempts {
                    (one_attempt(attempt))
                    @if asked == Some(attempt.id.to_string().as_str()) { li { (request::of(desk, message, attempt).await?) } }
                    @else { li.bare { a.small href=(format!("?request={}", attempt.id)) { "Show the request" } } }
                } }
            }
            @if desk.may_send(endpoint) && endpoint.deleted_at.is_none() && message.payload != Payload::Expunged { (resend_form(desk, message, endpoint, is_waiting)) }
        }
    })
}

fn resend_form(desk: &Desk, message: &Message, endpoint: &Endpoint, is_waiting: bool) -> Markup {
    html! {
        form.actions method="post" action=(desk.href(&format!("/messages/{}/resend/{}", message.id, endpoint.id))) {
            (desk.csrf())
            button.small type="submit" { @if is_waiting { "Send now" } @else { "Send again" } }
        }
    }
}

/// An attempt: when, how long, the answer, why it failed and what to do.
pub(crate) fn one_attempt(attempt: &Attempt) -> Markup {
    html! {
        li {
            div.line {
                (outcome(attempt))
                span.soft { (moment(attempt.at)) }
                span.soft { "took " (duration(attempt.duration)) }
                span.soft { (attempt.method.as_str()) " " (attempt.url) }
            }
            @if let Some(why) = explain::attempt(attempt) { p { (why.what) } p.soft { (why.advice) } }
            @match &attempt.response {
                Some(body) if !body.is_empty() => details {
                    summary { "Answer, " (body.len()) " bytes" }
                    pre.box.wrap tabindex="0" role="region" aria-label="Body of the answer" { (String::from_utf8_lossy(body)) }
                },
                Some(_) => p.small.soft { "The answer had no body." },
                None if attempt.status != 0 => p.small.soft { "The body of the answer was erased." },
                None => {},
            }
        }
    }
}

#[cfg(test)]
mod tests;
