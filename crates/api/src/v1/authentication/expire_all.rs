//! Ends all portal tokens of an application.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use fanfare_core::limits::PORTAL_TOKEN;
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

/// When they end.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationTokenExpireIn {
    /// Seconds that the tokens stay valid, at most 604800 (7 days); at once unless given.
    #[schema(minimum = 0, maximum = 604800)]
    #[serde(default)]
    expiry: Option<u32>,
}

/// End all portal tokens of an application, and the sessions that they opened.
#[utoipa::path(
    post, path = paths::EXPIRE_ALL, operation_id = "v1.authentication.expire-all", tag = "Authentication",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = ApplicationTokenExpireIn,
    responses((status = 204, description = "The tokens end"), Problems)
)]
pub(crate) async fn expire_all(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<ApplicationTokenExpireIn>,
) -> Result<StatusCode, ApiError> {
    let application = api.application(&caller, Access::ManageEnvironment, &name).await?;
    let rest = Duration::from_secs(body.expiry.unwrap_or_default().into());
    if rest > PORTAL_TOKEN {
        let msg = format!("must be at most {} seconds", PORTAL_TOKEN.as_secs());
        return Err(ApiError::invalid(&["body", "expiry"], msg));
    }
    caller.configure(&api).expire_portal_tokens(&application, rest).await?;
    api.keys.forget_all();
    Ok(StatusCode::NO_CONTENT)
}
