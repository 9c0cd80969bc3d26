//! `GET /metrics`: what the parts count, in the text format that Prometheus reads (OpenMetrics 1.0).

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{StatusCode, header};
use prometheus_client::{encoding::text::encode, metrics::info::Info, registry::Registry};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A registry that knows which build this is.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::with_prefix("fanfare");
    registry.register("build", "The build that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    registry
}

/// The metrics route.
pub(super) fn routes(registry: Registry) -> Router {
    Router::new().route("/metrics", get(show)).with_state(Arc::new(registry))
}

async fn show(State(registry): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a metric cannot be encoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
