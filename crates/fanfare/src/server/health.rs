//! `GET /health/live` and `/health/ready`: for those who restart a server and those who route to it.

use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use fanfare_engine::Engine;
use http::StatusCode;
use tokio_util::sync::CancellationToken;

/// How long the store may take to answer before the server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The health routes; `closing` is cancelled once the server takes no more requests.
pub(super) fn routes(engine: Engine, closing: CancellationToken) -> Router {
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .with_state((engine, closing))
}

async fn ready(State((engine, closing)): State<(Engine, CancellationToken)>) -> (StatusCode, String) {
    if closing.is_cancelled() {
        return not_ready("the server is shutting down");
    }
    let context = engine.context();
    tokio::select! {
        biased;
        read = context.store().conservation() => match read {
            Ok(_) => (StatusCode::OK, "ready\n".to_owned()),
            Err(error) => {
                tracing::warn!(%error, "not ready");
                not_ready("the store does not answer; the log says why")
            }
        },
        () = context.ports.clock.sleep(PATIENCE) => not_ready("the store does not answer in time"),
    }
}

fn not_ready(why: &str) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n"))
}
