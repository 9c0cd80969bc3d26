//! The web pages: the console for the platform's operators, the portal for its customers.
//!
//! Pages are rendered on the server and work as plain links and forms; the script only adds comfort. They call
//! the engine's services, as the API does, and never the API. [`guard`] stands before all of them: it writes the
//! security headers and turns refusals into pages. [`visit`] says who looks; [`desk`] which application is at
//! hand, so that the pages of one application are written once and serve both faces.

mod accent;
mod application;
mod assets;
mod console;
mod cookie;
mod desk;
mod docs;
mod enter;
mod form;
mod guard;
mod listing;
mod logins;
mod look;
mod once;
mod page;
mod refusal;
mod routes;
mod theme;
mod view;
mod visit;

use std::sync::Arc;

use axum::Router;
use fanfare_core::{endpoint::WebhookUrl, render::Request};
use fanfare_engine::{Engine, session::Sessions};

/// How the pages present themselves, and what they show of parts that they are not built on.
#[derive(Debug, Clone)]
pub struct ConsoleConfig {
    /// Where people reach this server, such as `https://hooks.example.com`.
    pub public_url: String,
    /// The description of the API: OpenAPI 3.1, JSON.
    pub api: String,
    /// How requests stand on the wire.
    pub wire: Wire,
}

/// How requests stand on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// The head of a request to a URL with plain line ends, or why it cannot be sent.
    pub head: fn(&Request, &WebhookUrl) -> Result<String, String>,
}

/// What all pages share.
struct Console {
    engine: Engine,
    sessions: Sessions,
    logins: logins::Logins,
    notes: once::Notes,
    wire: Wire,
    reference: docs::Reference,
    /// Where people reach this server, without a slash at its end.
    public_url: String,
    /// Whether browsers come by https, so that cookies may demand it.
    is_secure: bool,
}

/// All routes of the pages.
pub fn router(engine: Engine, config: &ConsoleConfig) -> Router {
    let sessions = Sessions::new(Arc::clone(engine.context()));
    let is_secure = config.public_url.starts_with("https://");
    let console = Console {
        engine,
        sessions,
        logins: logins::Logins::default(),
        notes: once::Notes::default(),
        wire: config.wire,
        reference: docs::Reference::of(&config.api, &config.public_url),
        public_url: config.public_url.trim_end_matches('/').to_owned(),
        is_secure,
    };
    routes::router(Arc::new(console))
}

impl Console {
    /// Configuration was changed and is on disk: this node goes by it from now on.
    async fn changed(&self) {
        if let Err(error) = self.engine.configuration_changed().await {
            tracing::warn!(%error, "could not read what changed; the next accept or refresh will");
        }
    }
}
