//! Changes parts of an application.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::ports::store::Named;

use super::wire::{ApplicationOut, ApplicationPatch};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
};

/// Change an application: what the body leaves out stays, `null` clears.
#[utoipa::path(
    patch, path = paths::APPLICATION, operation_id = "patch_application", tag = "Application",
    params(("app_id" = String, Path, description = "The application's id or uid")),
    request_body = ApplicationPatch,
    responses((status = 200, body = ApplicationOut, description = "The application as it is now"), Problems)
)]
pub(crate) async fn patch(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<ApplicationPatch>,
) -> Result<Json<ApplicationOut>, ApiError> {
    let application = api.application(&caller, Access::ManageEnvironment, &name).await?;
    let configure = caller.configure(&api);
    let id = Named::Id(application.id);
    let changed = configure.change_application(caller.environment(), &id, body.change()?).await?;
    api.changed().await;
    Ok(Json(changed.into()))
}
