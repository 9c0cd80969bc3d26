//! Whether the server answers, under another name.

use http::StatusCode;

use crate::paths;

/// Whether the server answers.
#[utoipa::path(
    method(get, head), path = paths::HEALTH_PING, operation_id = "v1.health.ping", tag = "Health",
    responses((status = 204, description = "It does")), security(())
)]
pub(crate) async fn ping() -> StatusCode {
    StatusCode::NO_CONTENT
}
