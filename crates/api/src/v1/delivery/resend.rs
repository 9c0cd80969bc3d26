//! Sends a message to an endpoint again.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::{delivery::DeliveryKey, message::Payload};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems, of_change},
    json, paths,
    segments::Segments,
};

/// Nothing to say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmptyResponse {}

/// Send a message to an endpoint again, or for the first time, with a fresh retry schedule.
#[utoipa::path(
    post, path = paths::MESSAGE_RESEND, operation_id = "v1.message-attempt.resend", tag = "Message Attempt",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 202, body = EmptyResponse, description = "It will be sent"), Problems)
)]
pub(crate) async fn resend(
    State(api): State<Arc<Api>>,
    Segments((application, message, endpoint)): Segments<(String, String, String)>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let message = api.message_with_payload(&application, &message).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    caller.require_sending(&endpoint)?;
    if message.payload == Payload::Expunged {
        return Err(ApiError::conflict("The payload of this message is erased: it cannot be sent again"));
    }
    let key = DeliveryKey { application: application.id, message: message.id, endpoint: endpoint.id };
    let resent = api.engine.resend(key).await?;
    resent.map_err(|error| of_change(&error, "the message"))?;
    Ok(json::response(StatusCode::ACCEPTED, &EmptyResponse {}))
}
