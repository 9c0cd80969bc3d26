//! Makes an endpoint.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::profile::Moment;
use http::StatusCode;

use super::wire::{EndpointIn, EndpointOut};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
};

/// Make an endpoint: it gets the very next message that it wants. Where its profile tells endpoints that they
/// were made, that event is accepted before the answer.
#[utoipa::path(
    post, path = paths::ENDPOINTS, operation_id = "v1.endpoint.create", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = EndpointIn,
    responses((status = 201, body = EndpointOut, description = "It was made"), Problems)
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<EndpointIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &name).await?;
    let new = body.into_new()?;
    let chosen = new.secret.is_some();
    let made = caller.configure(&api).create_endpoint(&application, new).await?;
    let secret = if chosen { None } else { caller.secret_shown_once(&api, &application, &made).await? };
    let out = api.endpoint_changed(&caller, &application, made, Moment::Created).await;
    Ok(json::response(StatusCode::CREATED, &out.with_secret(secret)))
}
