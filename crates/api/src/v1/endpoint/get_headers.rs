//! Gets the custom headers of an endpoint; of credentials only the names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::extract::State;
use fanfare_engine::configure::endpoint::is_sensitive;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Custom headers.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointHeadersOut {
    /// Names and values, in the letter case they were given in.
    headers: BTreeMap<String, String>,
    /// Names of headers that hold credentials: their values are not shown.
    sensitive: BTreeSet<String>,
}

/// Get an endpoint's custom headers. For admin keys and the application's portal tokens.
#[utoipa::path(
    get, path = paths::ENDPOINT_HEADERS, operation_id = "v1.endpoint.get-headers", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    responses((status = 200, body = EndpointHeadersOut, description = "The headers"), Problems)
)]
pub(crate) async fn get_headers(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<EndpointHeadersOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    let all = caller.configure(&api).endpoint_headers(&application, &endpoint)?;
    let (sensitive, shown): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| is_sensitive(name));
    Ok(Json(EndpointHeadersOut {
        headers: shown.into_iter().map(|(name, value)| (name, value.reveal().to_owned())).collect(),
        sensitive: sensitive.into_iter().map(|(name, _)| name).collect(),
    }))
}
