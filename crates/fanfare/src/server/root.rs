//! `GET /` and paths that lead nowhere: what is where, for people who try an address.

use axum::{Router, routing::get};
use http::StatusCode;

const WHAT_IS_WHERE: &str = concat!(
    "Fanfare ",
    env!("CARGO_PKG_VERSION"),
    "\n\n\
     /api/v1/               the API, as the Svix SDKs speak it\n\
     /api/v1/openapi.json   its description\n\
     /inbox/ep_...          what the built-in inbox received; the server prints its URL\n\
     /health/live           whether this server runs\n\
     /health/ready          whether it takes requests\n\
     /metrics               for Prometheus\n"
);

/// The root's route, and the answer to all that is no route.
pub(super) fn routes() -> Router {
    Router::new().route("/", get(async || WHAT_IS_WHERE)).fallback(async || {
        (StatusCode::NOT_FOUND, format!("There is nothing at this path.\n\n{WHAT_IS_WHERE}"))
    })
}
