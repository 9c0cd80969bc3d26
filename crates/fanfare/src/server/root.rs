//! `GET /` and paths that lead nowhere: what is where, for people who try an address.

use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};

const WHAT_IS_WHERE: &str = concat!(
    "Fanfare ",
    env!("CARGO_PKG_VERSION"),
    "\n\n\
     /console               the console: log in with an API key, or by the link that the server prints\n\
     /api/v1/               the API, as the Svix SDKs speak it\n\
     /docs                  the API, described for people\n\
     /api/v1/openapi.json   the same for programs\n\
     /inbox/ep_...          what the built-in inbox received; the server prints its URL\n\
     /in/...                where inboxes of the portal take requests\n\
     /health/live           whether this server runs\n\
     /health/ready          whether it takes requests\n\
     /metrics               for Prometheus\n"
);

/// The root's route, and the answer to all that is no route.
pub(super) fn routes() -> Router {
    Router::new().route("/", get(start)).fallback(async || {
        (StatusCode::NOT_FOUND, format!("There is nothing at this path.\n\n{WHAT_IS_WHERE}"))
    })
}

/// A browser is led to the console.
async fn start(headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    match accept {
        Some(accept) if accept.contains("text/html") => Redirect::to("/console").into_response(),
        _ => WHAT_IS_WHERE.into_response(),
    }
}
