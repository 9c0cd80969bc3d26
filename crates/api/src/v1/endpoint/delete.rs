//! Deletes an endpoint.

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

/// Delete an endpoint: what waits for it is cancelled, what was delivered stays in the lists.
#[utoipa::path(
    delete, path = paths::ENDPOINT, operation_id = "v1.endpoint.delete", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    responses((status = 204, description = "It is gone"), Problems)
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    caller.configure(&api).delete_endpoint(&application, &id).await?;
    api.changed().await;
    Ok(StatusCode::NO_CONTENT)
}
