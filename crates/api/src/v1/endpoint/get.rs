//! Gets an endpoint.

use std::sync::Arc;

use axum::extract::State;

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

/// Get an endpoint.
#[utoipa::path(
    get, path = paths::ENDPOINT, operation_id = "v1.endpoint.get", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    responses((status = 200, body = EndpointOut, description = "The endpoint"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<EndpointOut>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    Ok(Json(api.endpoint(&application, &endpoint).await?.into()))
}
