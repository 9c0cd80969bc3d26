//! Makes an endpoint.

use std::sync::Arc;

use axum::{extract::State, response::Response};
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

/// Make an endpoint: it gets the very next message that it wants.
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
    let made = caller.configure(&api).create_endpoint(&application, body.into_new()?).await?;
    api.changed().await;
    Ok(json::response(StatusCode::CREATED, &EndpointOut::from(made)))
}
