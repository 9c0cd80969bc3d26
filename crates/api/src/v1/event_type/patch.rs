//! Changes parts of an event type.

use std::sync::Arc;

use axum::extract::State;

use super::{
    get::visible,
    wire::{EventTypeOut, EventTypePatch},
};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
};

/// Change an event type: what the body leaves out stays, `null` clears.
#[utoipa::path(
    patch, path = paths::EVENT_TYPE, operation_id = "patch_event_type", tag = "Event Type",
    params(("event_type_name" = String, Path, description = "The event type's name")),
    request_body = EventTypePatch,
    responses((status = 200, body = EventTypeOut, description = "The event type as it is now"), Problems)
)]
pub(crate) async fn patch(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<EventTypePatch>,
) -> Result<Json<EventTypeOut>, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let change = body.change()?;
    let name = visible(&api, &caller, &name).await?.name;
    let changed = caller.configure(&api).change_event_type(caller.environment(), &name, change).await?;
    api.changed().await;
    EventTypeOut::of(changed, true).map(Json)
}
