//! Makes an event type, or brings an archived one back.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::wire::{EventTypeIn, EventTypeOut};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
};

/// Make an event type. An archived one of that name comes back with what the body says.
#[utoipa::path(
    post, path = paths::EVENT_TYPES, operation_id = "v1.event-type.create", tag = "Event Type",
    params(("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = EventTypeIn,
    responses((status = 201, body = EventTypeOut, description = "It was made"), Problems)
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Body(body): Body<EventTypeIn>,
) -> Result<Response, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let (name, draft) = body.draft()?;
    let made = caller.configure(&api).create_event_type(caller.environment(), name, draft).await?;
    api.changed().await;
    Ok(json::response(StatusCode::CREATED, &EventTypeOut::of(made, true)?))
}
