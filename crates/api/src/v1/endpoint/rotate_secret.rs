//! Gives an endpoint a new signing secret.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use fanfare_core::{ports::store::Named, secret::Secret};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::get_secret::EndpointSecretOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
};

/// A new secret.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointSecretRotateIn {
    /// The new secret; one is made where none is given.
    #[serde(default)]
    key: Option<String>,
    /// Seconds that the old secret stays valid: at most 604800 (7 days), unless given as long as the profile
    /// says (86400, 24 hours, under `standard`).
    #[schema(minimum = 0, maximum = 604800)]
    #[serde(default)]
    grace_period_seconds: Option<u32>,
}

/// Official SDKs from the second generation on read the new key from the answer; the reference, and the SDKs
/// of the first generation, have none.
fn reads_the_key(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let version = agent.strip_prefix("svix-libs/").and_then(|rest| rest.split('.').next());
    version.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 2)
}

/// Rotate an endpoint's signing secret. Requests carry signatures of both until the old one's time is over.
#[utoipa::path(
    post, path = paths::ENDPOINT_ROTATE, operation_id = "v1.endpoint.rotate-secret", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = EndpointSecretRotateIn,
    responses((status = 204, description = "The new secret signs from now on"), (status = 200, body = EndpointSecretOut, description = "The same, to a `user-agent` of `svix-libs/2` or later, which reads the new key from the answer, and to all where a key was made that cannot be read again"), Problems)
)]
pub(crate) async fn rotate_secret(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<EndpointSecretRotateIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let overlap = body.grace_period_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let secret = body.key.map(Secret::new);
    let configure = caller.configure(&api);
    let chosen = secret.is_some();
    let rotated = configure.rotate_endpoint_secret(&application, &id, secret, overlap).await?;
    api.changed().await;
    if !chosen && let Some(key) = caller.secret_shown_once(&api, &application, &rotated).await? {
        return Ok(Json(key).into_response());
    }
    if !reads_the_key(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let profile = configure.endpoint_profile(&application, &rotated).await?;
    let key = configure.fresh_secret(&application, &rotated, &profile)?;
    Ok(Json(EndpointSecretOut::of(&key)).into_response())
}
