//! Ends a portal token.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::environment::Role;
use http::StatusCode;

use crate::{
    Api,
    auth::Caller,
    error::{ApiError, Problems},
    paths,
};

/// Log out: the portal token that asks is no longer valid. API keys are refused (403).
#[utoipa::path(
    post, path = paths::LOGOUT, operation_id = "logout_api_v1_auth_logout__post", tag = "Authentication",
    params(("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    responses((status = 204, description = "The token is no longer valid"), Problems)
)]
pub(crate) async fn logout(State(api): State<Arc<Api>>, caller: Caller) -> Result<StatusCode, ApiError> {
    if caller.key.role != Role::Portal {
        return Err(ApiError::forbidden("An API key may not do this; a portal token may, and ends by it"));
    }
    let configure = caller.configure(&api);
    let revoked = configure.revoke_key(caller.environment(), caller.key.application, caller.key.id).await;
    api.keys.forget(&caller.key);
    revoked?;
    Ok(StatusCode::NO_CONTENT)
}
