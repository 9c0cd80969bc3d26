//! Sends an endpoint its profile's lifecycle event by hand.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::profile::Moment;
use fanfare_engine::accept::Posted;
use http::StatusCode;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json, paths,
    segments::Segments,
    v1::message::wire::MessageOut,
};

/// Send an endpoint the event by which its profile tells it about itself, as after a change. Such events go to
/// this endpoint alone, whatever it subscribes to, and never disable it.
#[utoipa::path(
    post, path = paths::ENDPOINT_PING, operation_id = "v1.endpoint.ping", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 202, body = MessageOut, description = "The message that was accepted"), Problems)
)]
pub(crate) async fn ping(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    caller.require_sending(&endpoint)?;
    let held = match (endpoint.disabled.is_some(), endpoint.paused) {
        (true, _) => Some("disabled"),
        (_, true) => Some("paused"),
        _ => None,
    };
    if let Some(held) = held {
        return Err(ApiError::conflict(format!("The endpoint is {held}: it is sent nothing")));
    }
    let profile = caller.configure(&api).endpoint_profile(&application, &endpoint).await?;
    let posted = api.engine.ping_endpoint(caller.environment(), &endpoint, &profile, Moment::Updated).await?;
    let Some(Posted::Stored(message) | Posted::Repeated(message)) = posted else {
        let name = &profile.name;
        let msg = format!("profile {name} has no lifecycle event: send an example instead");
        return Err(ApiError::invalid(&["path", "endpoint_id"], msg));
    };
    Ok(json::response(StatusCode::ACCEPTED, &MessageOut::of(&message, true)?))
}
