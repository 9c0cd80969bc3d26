//! Erases a message's payload.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems, of_change},
    paths,
    segments::Segments,
};

/// Erase a message's payload: it can never be sent again.
#[utoipa::path(
    delete, path = paths::MESSAGE_CONTENT, operation_id = "v1.message.expunge-content", tag = "Message",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId")),
    responses((status = 204, description = "It is erased"), Problems)
)]
pub(crate) async fn expunge_content(
    State(api): State<Arc<Api>>,
    Segments((application, message)): Segments<(String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::ManageEnvironment, &application).await?;
    let id = api.message_id(&application, &message).await?;
    let configure = caller.configure(&api);
    let audit = configure.audit(application.environment, Some(application.id), "message.expunge", &id);
    let erased = api.engine.context().store().expunge_message(application.id, id, audit).await?;
    erased.map_err(|error| of_change(&error, "the message"))?;
    Ok(StatusCode::NO_CONTENT)
}
