//! Cancels a delivery that waits.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::delivery::DeliveryKey;
use http::StatusCode;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems, of_change},
    paths,
    segments::Segments,
};

/// Cancel the delivery of a message to an endpoint. 409 where it has ended or is being sent just now.
#[utoipa::path(
    post, path = paths::MESSAGE_CANCEL, operation_id = "v1.delivery.cancel", tag = "Delivery",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 204, description = "It is cancelled"), Problems)
)]
pub(crate) async fn cancel(
    State(api): State<Arc<Api>>,
    Segments((application, message, endpoint)): Segments<(String, String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let message = api.message_id(&application, &message).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    let configure = caller.configure(&api);
    let target = format!("{message} to {}", endpoint.id);
    let audit = configure.audit(application.environment, Some(application.id), "delivery.cancel", &target);
    let cancelled = api.engine.cancel(key, audit).await?;
    match cancelled.map_err(|error| of_change(&error, "the delivery"))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::conflict("It has ended, or is being sent just now")),
    }
}
