//! Pauses an endpoint.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::ports::store::Named;

use super::wire::EndpointOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Pause an endpoint: it goes on collecting and is sent nothing until it is resumed.
#[utoipa::path(
    post, path = paths::ENDPOINT_PAUSE, operation_id = "v1.endpoint.pause", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 200, body = EndpointOut, description = "The endpoint as it is now"), Problems)
)]
pub(crate) async fn pause(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<EndpointOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let changed = caller.configure(&api).set_endpoint_paused(&application, &id, true).await?;
    api.changed().await;
    Ok(Json(changed.into()))
}
