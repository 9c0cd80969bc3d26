//! Gets an attempt.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::id::AttemptId;

use super::wire::MessageAttemptOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Get an attempt.
#[utoipa::path(
    get, path = paths::ATTEMPT, operation_id = "v1.message-attempt.get", tag = "Message Attempt",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), ("attempt_id" = String, Path, description = "The attempt's id")),
    responses((status = 200, body = MessageAttemptOut, description = "The attempt"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments((application, message, attempt)): Segments<(String, String, String)>,
    caller: Caller,
) -> Result<Json<MessageAttemptOut>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let message = api.message_id(&application, &message).await?;
    let missing = || ApiError::not_found("the attempt");
    let id: AttemptId = attempt.parse().map_err(|_| missing())?;
    let found = api.engine.context().store().attempt(application.id, message, id).await?;
    Ok(Json(MessageAttemptOut::of(found.ok_or_else(missing)?, true)))
}
