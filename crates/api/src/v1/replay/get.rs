//! Reads a replay.

use std::sync::Arc;

use axum::extract::State;

use super::wire::ReplayOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Get a replay or recovery with its progress.
#[utoipa::path(
    get, path = paths::REPLAY, operation_id = "v1.replay.get", tag = "Replay",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("replay_id" = String, Path, description = "The replay's id")),
    responses((status = 200, body = ReplayOut, description = "The replay"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments((application, replay)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<ReplayOut>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let missing = || ApiError::not_found("the replay");
    let id = replay.parse().map_err(|_| missing())?;
    let found = api.engine.context().store().replay(application.id, id).await?;
    found.map(|job| Json(job.into())).ok_or_else(missing)
}
