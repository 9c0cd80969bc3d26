//! Archives an event type, or erases it for good.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::get::visible;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    paths,
    query::Query,
    segments::Segments,
};

/// Archive an event type: no new messages or filters may use it, those that do stay. `expunge` erases it.
#[utoipa::path(
    delete, path = paths::EVENT_TYPE, operation_id = "v1.event-type.delete", tag = "Event Type",
    params(
        ("event_type_name" = String, Path, description = "The event type's name"),
        ("expunge" = Option<bool>, Query, description = "Erase it for good; not by default"),
    ),
    responses((status = 204, description = "It is archived or gone"), Problems)
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    query: Query,
) -> Result<StatusCode, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let expunge = query.flag("expunge", false)?;
    let name = visible(&api, &caller, &name).await?.name;
    let configure = caller.configure(&api);
    if expunge {
        configure.expunge_event_type(caller.environment(), &name).await?;
    } else {
        configure.change_event_type(caller.environment(), &name, |draft| draft.archived = true).await?;
    }
    api.changed().await;
    Ok(StatusCode::NO_CONTENT)
}
