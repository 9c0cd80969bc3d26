//! Gets an event type.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{environment::EventType, name::EventTypeName};

use super::wire::EventTypeOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Get an event type with its schemas.
#[utoipa::path(
    get, path = paths::EVENT_TYPE, operation_id = "v1.event-type.get", tag = "Event Type",
    params(("event_type_name" = String, Path, description = "The event type's name")),
    responses((status = 200, body = EventTypeOut, description = "The event type"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
) -> Result<Json<EventTypeOut>, ApiError> {
    caller.require(Access::Read)?;
    let event_type = visible(&api, &caller, &name).await?;
    EventTypeOut::of(event_type, true).map(Json)
}

/// The event type that a path or body names, unless a feature flag hides it from the caller.
pub(crate) async fn visible(api: &Api, caller: &Caller, name: &str) -> Result<EventType, ApiError> {
    let missing = || ApiError::not_found("the event type");
    let name: EventTypeName = name.parse().map_err(|_| missing())?;
    let found = caller.configure(api).event_type(caller.environment(), &name).await?;
    found.filter(|event_type| caller.sees_type(event_type)).ok_or_else(missing)
}
