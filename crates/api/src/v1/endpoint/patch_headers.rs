//! Sets and removes some custom headers of an endpoint.

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

/// Some custom headers.
#[derive(Deserialize, ToSchema)]
pub(crate) struct EndpointHeadersPatchIn {
    /// Names and values; `null` removes a header, what is not named stays.
    headers: BTreeMap<String, Option<String>>,
}

/// Set some of an endpoint's custom headers.
#[utoipa::path(
    patch, path = paths::ENDPOINT_HEADERS, operation_id = "v1.endpoint.patch-headers", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    request_body = EndpointHeadersPatchIn,
    responses((status = 204, description = "They are set"), Problems)
)]
pub(crate) async fn patch_headers(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<EndpointHeadersPatchIn>,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let changes = body.headers.into_iter().map(|(name, value)| (name, value.map(Secret::new))).collect();
    caller.configure(&api).patch_endpoint_headers(&application, &id, changes).await?;
    api.changed().await;
    Ok(StatusCode::NO_CONTENT)
}
