//! Changes how the portal looks.

use std::sync::Arc;

use axum::extract::State;

use super::{get_portal::current, wire::PortalSettings};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
};

/// Replace how the customers' portal of this environment looks, and who may frame it. What is left out is as
/// Fanfare does it.
#[utoipa::path(
    put, path = paths::PORTAL_SETTINGS, operation_id = "v1.environment.update-portal", tag = "Environment",
    request_body = PortalSettings,
    responses((status = 200, body = PortalSettings, description = "The settings"), Problems)
)]
pub(crate) async fn update_portal(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Body(body): Body<PortalSettings>,
) -> Result<Json<PortalSettings>, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    caller.configure(&api).change_portal(caller.environment(), body.parse()?).await?;
    api.changed().await;
    current(&api, &caller).await.map(Json)
}
