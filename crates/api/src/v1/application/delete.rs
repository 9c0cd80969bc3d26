//! Deletes an application with all that is in it.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::ports::store::Named;
use http::StatusCode;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    paths,
    segments::Segments,
};

/// Delete an application with its endpoints and messages; what waits is not delivered.
#[utoipa::path(
    delete, path = paths::APPLICATION, operation_id = "v1.application.delete", tag = "Application",
    params(("app_id" = String, Path, description = "The application's id or uid")),
    responses((status = 204, description = "It is gone"), Problems)
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::ManageEnvironment, &name).await?;
    let configure = caller.configure(&api);
    configure.delete_application(caller.environment(), &Named::Id(application.id)).await?;
    api.changed().await;
    Ok(StatusCode::NO_CONTENT)
}
