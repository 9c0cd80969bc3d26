//! Whether the server answers.

use http::StatusCode;

use crate::paths;

/// Whether the server answers.
#[utoipa::path(
    method(get, head), path = paths::HEALTH, operation_id = "v1.health.get", tag = "Health",
    responses((status = 204, description = "It does")), security(())
)]
pub(crate) async fn get() -> StatusCode {
    StatusCode::NO_CONTENT
}
