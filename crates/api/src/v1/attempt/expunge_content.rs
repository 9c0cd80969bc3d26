//! Erases the response that an attempt got.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::id::AttemptId;
use http::StatusCode;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems, of_change},
    paths,
    segments::Segments,
};

/// Erase the response that an attempt got.
#[utoipa::path(
    delete, path = paths::ATTEMPT_CONTENT, operation_id = "v1.message-attempt.expunge-content",
    tag = "Message Attempt",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), ("attempt_id" = String, Path, description = "The attempt's id")),
    responses((status = 204, description = "It is erased"), Problems)
)]
pub(crate) async fn expunge_content(
    State(api): State<Arc<Api>>,
    Segments((application, message, attempt)): Segments<(String, String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::ManageEnvironment, &application).await?;
    let message = api.message_id(&application, &message).await?;
    let id: AttemptId = attempt.parse().map_err(|_| ApiError::not_found("the attempt"))?;
    let configure = caller.configure(&api);
    let audit = configure.audit(application.environment, Some(application.id), "attempt.expunge", &id);
    let store = api.engine.context().store();
    let erased = store.expunge_attempt(application.id, message, id, audit).await?;
    erased.map_err(|error| of_change(&error, "the attempt"))?;
    Ok(StatusCode::NO_CONTENT)
}
