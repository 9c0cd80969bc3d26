//! Gets an application.

use std::sync::Arc;

use axum::extract::State;

use super::wire::ApplicationOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Get an application.
#[utoipa::path(
    get, path = paths::APPLICATION, operation_id = "v1.application.get", tag = "Application",
    params(("app_id" = String, Path, description = "The application's id or uid")),
    responses((status = 200, body = ApplicationOut, description = "The application"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
) -> Result<Json<ApplicationOut>, ApiError> {
    Ok(Json(api.application(&caller, Access::Read, &name).await?.into()))
}
