//! Resumes a paused endpoint.

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

/// Resume a paused endpoint: what it collected is delivered.
#[utoipa::path(
    post, path = paths::ENDPOINT_RESUME, operation_id = "v1.endpoint.resume", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 200, body = EndpointOut, description = "The endpoint as it is now"), Problems)
)]
pub(crate) async fn resume(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<EndpointOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let changed = caller.configure(&api).set_endpoint_paused(&application, &id, false).await?;
    api.changed().await;
    Ok(Json(changed.into()))
}
