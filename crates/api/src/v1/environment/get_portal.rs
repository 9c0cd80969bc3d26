//! Reads how the portal looks.

use std::sync::Arc;

use axum::extract::State;

use super::wire::PortalSettings;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
};

/// Get how the customers' portal of this environment looks, and who may frame it.
#[utoipa::path(
    get, path = paths::PORTAL_SETTINGS, operation_id = "v1.environment.get-portal", tag = "Environment",
    responses((status = 200, body = PortalSettings, description = "The settings"), Problems)
)]
pub(crate) async fn get_portal(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Result<Json<PortalSettings>, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    current(&api, &caller).await.map(Json)
}

pub(super) async fn current(api: &Api, caller: &Caller) -> Result<PortalSettings, ApiError> {
    let config = api.engine.context().store().environment_config(caller.environment()).await?;
    let config = config.ok_or_else(|| ApiError::not_found("the environment"))?;
    Ok(PortalSettings::from(&config.environment.portal))
}
