//! Sends an endpoint an example of an event type.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, response::Response};
use fanfare_core::{
    example, limits::RETENTION_DAYS, message::Payload, name::EventTypeName, ports::store::Named,
};
use fanfare_engine::accept::{Audience, Post, Posted};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
    v1::{
        event_type::{get::visible, schema},
        message::wire::MessageOut,
    },
};

/// Which example.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventExampleIn {
    /// The event type.
    #[schema(value_type = String)]
    event_type: EventTypeName,
}

/// Send an endpoint an example: from the event type's newest schema, to this endpoint alone, whatever it
/// subscribes to. `svix.ping` needs no event type.
#[utoipa::path(
    post, path = paths::ENDPOINT_EXAMPLE, operation_id = "v1.endpoint.send-example", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = EventExampleIn,
    responses((status = 200, body = MessageOut, description = "The message that was accepted"), Problems)
)]
pub(crate) async fn send_example(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<EventExampleIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    caller.require_sending(&endpoint)?;
    let example = match example::built_in(&body.event_type) {
        Some(example) => example,
        None => {
            let event_type = visible(&api, &caller, body.event_type.as_str()).await?;
            let schemas = event_type.schemas.as_deref().map(schema::from_text).transpose()?;
            example::of(&schemas.unwrap_or_default())
        }
    };
    let post = Post {
        environment: caller.environment(),
        application: Named::Id(application.id),
        event_type: body.event_type,
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        payload: Payload::Json(example.to_string().into()),
        payload_retention_days: RETENTION_DAYS,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
        idempotency: None,
        audience: Audience::Only(endpoint.id),
    };
    let (Posted::Stored(message) | Posted::Repeated(message)) = api.engine.post(post).await?;
    Ok(json::response(StatusCode::OK, &MessageOut::of(&message, true)?))
}
