//! Which page stands where. The pages of one application stand twice: in the portal, and in the console.

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{Console, application as app, assets, console, docs, enter, guard, refusal::Refusal, theme};

/// All routes.
pub(crate) fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/assets/{file}", get(assets::show))
        .route("/docs", get(docs::about))
        .route("/docs/{group}", get(docs::group))
        .route("/theme", post(theme::choose))
        .route("/portal/enter", get(enter::follow))
        .route("/portal/logout", post(enter::log_out))
        .route("/portal/goodbye", get(enter::goodbye))
        .route("/console/enter", get(enter::follow))
        .route("/console/login", get(enter::ask).post(enter::log_in))
        .route("/console/logout", post(enter::log_out))
        .route("/console", get(console::start))
        .route("/console/environments", get(console::server::list).post(console::server::create))
        .route("/console/health", get(console::server::health))
        .nest("/portal", application().fallback(nowhere))
        .nest("/console/{env}", environment().fallback(nowhere))
        .nest("/console/{env}/apps/{app}", application().fallback(nowhere))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), guard::guard))
        .with_state(console)
}

async fn nowhere() -> Refusal {
    Refusal::NotFound("this address")
}

/// The pages of one application.
fn application() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(app::endpoints::list))
        .route("/endpoints/new", get(app::endpoint::create::ask).post(app::endpoint::create::create))
        .route("/endpoints/{endpoint}", get(app::endpoint::show::show))
        .route("/endpoints/{endpoint}/added", get(app::endpoint::create::added))
        .route("/endpoints/{endpoint}/edit", get(app::endpoint::edit::ask).post(app::endpoint::edit::save))
        .route(
            "/endpoints/{endpoint}/delete",
            get(app::endpoint::delete::ask).post(app::endpoint::delete::delete),
        )
        .route("/endpoints/{endpoint}/pause", post(app::endpoint::pause::pause))
        .route("/endpoints/{endpoint}/resume", post(app::endpoint::pause::resume))
        .route("/endpoints/{endpoint}/enable", post(app::endpoint::pause::enable))
        .route(
            "/endpoints/{endpoint}/secret",
            get(app::endpoint::secret::show).post(app::endpoint::secret::reveal),
        )
        .route(
            "/endpoints/{endpoint}/secret/rotate",
            get(app::endpoint::secret::show).post(app::endpoint::secret::rotate),
        )
        .route("/endpoints/{endpoint}/log", get(app::log::of_endpoint))
        .route("/endpoints/{endpoint}/recover", get(app::recover::ask).post(app::recover::start))
        .route("/endpoints/{endpoint}/receiving", get(app::receiving::show))
        .route("/endpoints/{endpoint}/test", get(app::test::ask).post(app::test::send))
        .route("/messages", get(app::messages::list))
        .route("/messages/{message}", get(app::message::show))
        .route("/messages/{message}/resend/{endpoint}", post(app::message::resend))
        .route("/live", get(app::live::show))
        .route("/live/stream", get(app::live::stream))
        .route("/replays", get(app::replays::list))
        .route("/replays/{replay}", get(app::replays::show))
        .route("/replays/{replay}/cancel", post(app::replays::cancel))
        .route("/events", get(app::events::list))
        .route("/portal-access", get(app::access::ask).post(app::access::create))
        .route("/portal-access/end", post(app::access::end))
        .route("/inbox", get(app::inbox::list::list).post(app::inbox::change::create))
        .route("/inbox/{inbox}", get(app::inbox::show::show))
        .route("/inbox/{inbox}/answer", post(app::inbox::change::answer))
        .route("/inbox/{inbox}/delete", get(app::inbox::change::ask_delete).post(app::inbox::change::delete))
}

/// The pages of one environment.
fn environment() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(console::overview::show))
        .route("/apps", get(console::applications::list))
        .route("/event-types", get(console::event_types::list))
        .route("/event-types/new", get(console::event_types::ask_new).post(console::event_types::create))
        .route("/event-types/{name}", get(console::event_types::ask).post(console::event_types::save))
        .route("/keys", get(console::keys::list).post(console::keys::create))
        .route("/keys/{key}/revoke", get(console::keys::ask_revoke).post(console::keys::revoke))
        .route("/profiles", get(console::profiles::list))
        .route("/profiles/{name}", get(console::profiles::show))
        .route("/replays", get(console::replays::list))
        .route("/portal", get(console::portal::ask).post(console::portal::save))
        .route("/audit", get(console::audit::list))
}
