//! The REST API: routes, authentication, conversions at the edge, OpenAPI.
//!
//! A request passes its route in [`paths`], is authenticated by [`auth`] and [`access`], and is handled by one
//! file per operation below [`v1`], whose first lines turn wire types into words of `core`; the work is done
//! by the engine. Nothing here decides; nothing below knows HTTP.

mod access;
mod auth;
mod error;
mod idempotency;
mod json;
mod openapi;
mod page;
mod patch;
mod paths;
mod query;
mod rendered;
mod routes;
mod segments;
mod v1;

use std::sync::Arc;

use axum::Router;
use fanfare_engine::Engine;

/// How the API presents itself.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// Where customers reach this server, such as `https://hooks.example.com`; portal links begin with it.
    pub public_url: String,
}

/// What all operations share.
struct Api {
    engine: Engine,
    config: ApiConfig,
    keys: auth::Keys,
    flights: idempotency::Flights,
    under_way: idempotency::UnderWay,
    bodies: json::Places,
}

impl Api {
    /// Configuration was changed: this node goes by it from now on. What was asked is done and on disk, so a
    /// failure here is no failure of the request; the accept transaction notices an old view by its version.
    async fn changed(&self) {
        if let Err(error) = self.engine.configuration_changed().await {
            tracing::warn!(%error, "could not read what changed; the next accept or refresh will");
        }
    }
}

/// The description of the API: OpenAPI, JSON.
pub fn description() -> String {
    openapi::text(&routes::described())
}

/// All routes of the API.
pub fn router(engine: Engine, config: ApiConfig) -> Router {
    let api = Api {
        engine,
        config,
        keys: auth::Keys::default(),
        flights: idempotency::Flights::default(),
        under_way: idempotency::UnderWay::default(),
        bodies: json::Places::default(),
    };
    routes::router(Arc::new(api))
}
