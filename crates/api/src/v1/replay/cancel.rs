//! Calls a replay off.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::id::JobId;

use super::wire::ReplayOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems, of_change},
    json::Json,
    paths,
    segments::Segments,
};

/// Cancel a replay or recovery. What it has queued already is sent all the same. 409 where it has ended.
#[utoipa::path(
    post, path = paths::REPLAY_CANCEL, operation_id = "v1.replay.cancel", tag = "Replay",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("replay_id" = String, Path, description = "The replay's id"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 200, body = ReplayOut, description = "It is cancelled"), Problems)
)]
pub(crate) async fn cancel(
    State(api): State<Arc<Api>>,
    Segments((application, replay)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<ReplayOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let missing = || ApiError::not_found("the replay");
    let id: JobId = replay.parse().map_err(|_| missing())?;
    let audit =
        caller.configure(&api).audit(application.environment, Some(application.id), "replay.cancel", &id);
    let cancelled = api.engine.cancel_replay(application.id, id, audit).await?;
    if !cancelled.map_err(|error| of_change(&error, "the replay"))? {
        return Err(ApiError::conflict("It has ended already"));
    }
    let found = api.engine.context().store().replay(application.id, id).await?;
    found.map(|job| Json(job.into())).ok_or_else(missing)
}
