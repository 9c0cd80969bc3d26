//! Gets a message.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::wire::MessageOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json, paths,
    query::{Query, WithContent},
    segments::Segments,
};

/// Get a message.
#[utoipa::path(
    get, path = paths::MESSAGE, operation_id = "v1.message.get", tag = "Message",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), WithContent),
    responses((status = 200, body = MessageOut<'_>, description = "The message"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments((application, message)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let with_content = query.flag("with_content", true)?;
    let id = api.message_id(&application, &message).await?;
    let found = api.engine.context().store().message(application.id, id, with_content).await?;
    let message = found.ok_or_else(|| ApiError::not_found("the message"))?;
    let message = api.visible(&caller, message).await?;
    Ok(json::response(StatusCode::OK, &MessageOut::of(&message, with_content)?))
}
