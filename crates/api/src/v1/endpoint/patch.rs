//! Changes parts of an endpoint.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{ports::store::Named, profile::Moment};

use super::wire::{EndpointOut, EndpointPatch};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
};

/// Change an endpoint: what the body leaves out stays, `null` clears.
#[utoipa::path(
    patch, path = paths::ENDPOINT, operation_id = "patch_endpoint", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    request_body = EndpointPatch,
    responses((status = 200, body = EndpointOut, description = "The endpoint as it is now"), Problems)
)]
pub(crate) async fn patch(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<EndpointPatch>,
) -> Result<Json<EndpointOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let changed = caller.configure(&api).change_endpoint(&application, &id, body.change()?).await?;
    Ok(Json(api.endpoint_changed(&caller, &application, changed, Moment::Updated).await))
}
