//! `GET /` and paths that lead nowhere: what is where, for people who try an address.

use axum::{Router, routing::get};
use http::StatusCode;

const WHAT_IS_WHERE: &str = concat!(
    "Fanfare ",
    env!("CARGO_PKG_VERSION"),
    "\n\n\
     /api/v1/               the API, as the Svix SDKs speak it\n\
     /api/v1/openapi.json   its description\n\
     /health/ready          whether this server takes requests\n\
     /metrics               for Prometheus\n"
);

/// The root's route, and the answer to all that is no route.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/", get(async || WHAT_IS_WHERE))
        .fallback(async || (StatusCode::NOT_FOUND, WHAT_IS_WHERE))
}
