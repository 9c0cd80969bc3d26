//! The older name of portal access.

use std::sync::Arc;

use axum::extract::State;

use super::app_portal_access::{AppPortalAccessIn, AppPortalAccessOut, access};
use crate::{
    Api,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
};

/// The same as app-portal-access, under its older name.
#[utoipa::path(
    post, path = paths::DASHBOARD_ACCESS, operation_id = "v1.authentication.dashboard-access",
    tag = "Authentication",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = AppPortalAccessIn,
    responses((status = 200, body = AppPortalAccessOut, description = "The token and a link"), Problems)
)]
pub(crate) async fn dashboard_access(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<AppPortalAccessIn>,
) -> Result<Json<AppPortalAccessOut>, ApiError> {
    access(&api, &caller, &name, body).await.map(Json)
}
