//! Replaces an event type, or makes it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::name::EventTypeName;
use http::StatusCode;

use super::wire::{EventTypeOut, EventTypeUpdate};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
};

/// Replace an event type: what the body leaves out is cleared. Makes it if the path names none.
#[utoipa::path(
    put, path = paths::EVENT_TYPE, operation_id = "v1.event-type.update", tag = "Event Type",
    params(("event_type_name" = String, Path, description = "The event type's name")),
    request_body = EventTypeUpdate,
    responses(
        (status = 200, body = EventTypeOut, description = "It was replaced"),
        (status = 201, body = EventTypeOut, description = "It was made"),
        Problems
    )
)]
pub(crate) async fn update(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<EventTypeUpdate>,
) -> Result<Response, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let name: EventTypeName = name.parse().map_err(|error: fanfare_core::name::InvalidName| {
        ApiError::invalid(&["path", "name"], error.to_string())
    })?;
    let configure = caller.configure(&api);
    let (is_new, put) = configure.put_event_type(caller.environment(), name, body.draft()?).await?;
    api.changed().await;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json::response(status, &EventTypeOut::of(put, true)?))
}
