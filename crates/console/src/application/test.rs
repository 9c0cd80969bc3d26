//! Sending an endpoint an example, and seeing the request and the answer in place.

use std::collections::BTreeSet;

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{
    delivery::DeliveryKey,
    endpoint::Endpoint,
    environment::EventType,
    example,
    id::MessageId,
    limits::RETENTION_DAYS,
    message::{Message, Payload},
    ports::store::{AttemptFilter, AttemptsOf, Named, PageQuery},
    profile::Moment,
};
use fanfare_engine::accept::{Audience, Post, PostError, Posted as Accepted};
use maud::{Markup, html};

use super::{endpoint::About, fields::catalogue, message, request};
use crate::{
    desk::{Desk, Section},
    form::{Form, Posted},
    listing::{Parameters, given},
    page::encode,
    refusal::Refusal,
    view::{field, mistakes, state},
};

/// Stands for the profile's lifecycle event among the choices.
const PING: &str = "*ping";

/// `GET …/endpoints/{endpoint}/test`.
pub(crate) async fn ask(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let endpoint = desk.endpoint().await?;
    desk.require_sending(&endpoint)?;
    let sent = given(&parameters, "message").and_then(|id| id.parse().ok());
    // The type that was sent last stays chosen.
    let chosen = given(&parameters, "event").unwrap_or_default();
    page(&desk, &endpoint, &Form::of([("event", chosen.to_owned())]), sent).await
}

/// `POST …/endpoints/{endpoint}/test`.
pub(crate) async fn send(desk: Desk, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    let endpoint = desk.endpoint().await?;
    desk.require_sending(&endpoint)?;
    let sent = match form.text("event") {
        PING => ping(&desk, &endpoint).await?,
        name => {
            let all = catalogue(&desk).await?;
            match all.iter().find(|known| known.name.as_str() == name) {
                Some(event_type) => post(&desk, &endpoint, event_type).await?,
                None => {
                    form.mistake("event", "choose an event type");
                    return page(&desk, &endpoint, &form, None).await;
                }
            }
        }
    };
    let chosen = encode(form.text("event"));
    let to = desk.endpoint_href(&endpoint, &format!("/test?message={sent}&event={chosen}"));
    Ok(Redirect::to(&to).into_response())
}

async fn ping(desk: &Desk, endpoint: &Endpoint) -> Result<MessageId, Refusal> {
    let profile = desk.profile_of(endpoint).await?;
    let sent =
        desk.console.engine.ping_endpoint(desk.environment.id, endpoint, &profile, Moment::Updated).await;
    match sent.map_err(refused)? {
        Some(Accepted::Stored(message) | Accepted::Repeated(message)) => Ok(message.id),
        None => Err(Refusal::Conflict("Endpoints of this kind know no ping.".to_owned())),
    }
}

async fn post(desk: &Desk, endpoint: &Endpoint, event_type: &EventType) -> Result<MessageId, Refusal> {
    let post = Post {
        environment: desk.environment.id,
        application: Named::Id(desk.application.id),
        event_type: event_type.name.clone(),
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        payload: Payload::Json(example_of(event_type).into()),
        payload_retention_days: RETENTION_DAYS,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
        idempotency: None,
        audience: Audience::Only(endpoint.id),
    };
    let (Accepted::Stored(message) | Accepted::Repeated(message)) =
        desk.console.engine.post(post).await.map_err(refused)?;
    Ok(message.id)
}

/// An example of an event type, as JSON.
pub(crate) fn example_of(event_type: &EventType) -> String {
    let schemas: example::Schemas =
        event_type.schemas.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let example = example::built_in(&event_type.name).unwrap_or_else(|| example::of(&schemas));
    example.to_string()
}

fn refused(error: PostError) -> Refusal {
    match error {
        PostError::Store(error) => error.into(),
        PostError::ApplicationGone => Refusal::NotFound("this application"),
        other => Refusal::Conflict(other.to_string()),
    }
}

async fn page(
    desk: &Desk,
    endpoint: &Endpoint,
    form: &Form,
    sent: Option<MessageId>,
) -> Result<Response, Refusal> {
    let types = catalogue(desk).await?;
    let profile = desk.profile_of(endpoint).await?;
    let result = match sent {
        Some(id) => Some(result(desk, endpoint, form, id).await?),
        None => None,
    };
    let content = html! {
        (desk.endpoint_head(endpoint, About::Test))
        p { "Sends an example to this endpoint alone, whatever it subscribes to. It is signed and logged like any other." }
        @if endpoint.paused || endpoint.disabled.is_some() { div.notice.warn { p { "This endpoint is paused or disabled: the example waits until that has ended." } } }
        form.form method="post" action=(desk.endpoint_href(endpoint, "/test")) {
            (desk.csrf())
            (mistakes(form, &["event"]))
            @if types.is_empty() && profile.lifecycle.is_none() { p.soft { "There are no event types to send an example of yet." } } @else {
                (field(form, "event", "Event type", html! { "The example comes from the type's schema." }, html! {
                    select id="event" name="event" aria-describedby="event-help" {
                        @if let Some(lifecycle) = &profile.lifecycle { option value=(PING) selected[form.text("event") == PING] { (lifecycle.event_type) " (tells about the endpoint itself)" } }
                        @for event_type in &types { option value=(event_type.name) selected[form.text("event") == event_type.name.as_str()] { (event_type.name) } }
                    }
                }))
                div.actions { button.primary type="submit" { "Send example" } }
            }
        }
        @if let Some(result) = result { (result) }
    };
    Ok(desk.page(Section::Endpoints, "Test", desk.endpoint_trail(), content))
}

async fn result(desk: &Desk, endpoint: &Endpoint, form: &Form, id: MessageId) -> Result<Markup, Refusal> {
    let store = desk.console.engine.context().store();
    let message: Option<Message> = store.message(desk.application.id, id, true).await?;
    let key = DeliveryKey { application: desk.application.id, message: id, endpoint: endpoint.id };
    let (Some(message), Some(delivery)) = (message, store.delivery(key).await?) else {
        return Err(Refusal::NotFound("this message"));
    };
    let of = AttemptFilter { endpoint: Some(endpoint.id), ..AttemptFilter::default() };
    let newest = PageQuery { seek: None, descending: true, limit: 1 };
    let attempt = store
        .attempts(desk.application.id, AttemptsOf::Message(id), of, newest)
        .await?
        .items
        .into_iter()
        .next();
    Ok(html! {
        section.panel #result {
            div.heading { h2 { "Result" } (state(&delivery)) }
            @match &attempt {
                None => p data-refresh="#result" { "It is on its way. " a href=(desk.endpoint_href(endpoint, &format!("/test?message={id}&event={}", encode(form.text("event"))))) { "Look again" } },
                Some(attempt) => {
                    ol.attempts { (message::one_attempt(attempt)) }
                    h3 { "The request" }
                    (request::of(desk, &message, attempt).await?)
                },
            }
            p.small { a href=(desk.href(&format!("/messages/{id}"))) { "The whole message" } }
        }
    })
}
