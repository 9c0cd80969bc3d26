//! Replaces the custom headers of an endpoint.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use fanfare_core::{ports::store::Named, secret::Secret};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Body,
    paths,
    segments::Segments,
};

/// Custom headers, all of them.
#[derive(Deserialize, ToSchema)]
pub(crate) struct EndpointHeadersIn {
    /// Names and values: at most 32, at most 8 KiB together.
    headers: BTreeMap<String, String>,
}

/// Replace an endpoint's custom headers.
#[utoipa::path(
    put, path = paths::ENDPOINT_HEADERS, operation_id = "v1.endpoint.update-headers", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    request_body = EndpointHeadersIn,
    responses((status = 204, description = "They are set"), Problems)
)]
pub(crate) async fn update_headers(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<EndpointHeadersIn>,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let headers: Vec<_> = body.headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    caller.configure(&api).set_endpoint_headers(&application, &id, &headers).await?;
    api.changed().await;
    Ok(StatusCode::NO_CONTENT)
}
