//! The table of routes: each operation once, with what describes it, below its path with and without a
//! trailing slash.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    middleware,
    routing::{any, get},
};
use bytes::Bytes;
use http::StatusCode;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::UtoipaMethodRouter, routes};

use crate::{
    Api,
    error::ApiError,
    idempotency, json, openapi, paths,
    v1::{
        application, attempt, authentication, delivery, endpoint, environment, event_type, health, message,
        profile, replay,
    },
};

type Operations = UtoipaMethodRouter<Arc<Api>>;

/// All operations, those that go by `idempotency-key` through [`idempotency::once`] apart.
struct Table {
    plain: Vec<Operations>,
    once: Vec<Operations>,
}

fn table() -> Table {
    Table {
        plain: vec![
            routes!(application::list::list),
            routes!(
                application::get::get,
                application::update::update,
                application::patch::patch,
                application::delete::delete
            ),
            routes!(endpoint::list::list),
            routes!(
                endpoint::get::get,
                endpoint::update::update,
                endpoint::patch::patch,
                endpoint::delete::delete
            ),
            routes!(
                endpoint::get_headers::get_headers,
                endpoint::update_headers::update_headers,
                endpoint::patch_headers::patch_headers
            ),
            routes!(endpoint::get_secret::get_secret),
            routes!(endpoint::get_stats::get_stats),
            routes!(event_type::list::list),
            routes!(
                event_type::get::get,
                event_type::update::update,
                event_type::patch::patch,
                event_type::delete::delete
            ),
            routes!(message::list::list, message::create::create),
            routes!(message::get::get),
            routes!(message::expunge_content::expunge_content),
            routes!(attempt::list_by_endpoint::list_by_endpoint),
            routes!(attempt::list_by_message::list_by_message),
            routes!(attempt::get::get),
            routes!(attempt::get_request::get_request),
            routes!(attempt::expunge_content::expunge_content),
            routes!(delivery::list::list),
            routes!(delivery::list_by_endpoint::list_by_endpoint),
            routes!(delivery::list_by_message::list_by_message),
            routes!(environment::get_portal::get_portal, environment::update_portal::update_portal),
            routes!(profile::list::list),
            routes!(profile::get::get),
            routes!(profile::render::render),
            routes!(delivery::stream::of_application),
            routes!(delivery::stream::of_environment),
            routes!(replay::list::list),
            routes!(replay::get::get),
            routes!(health::get::get),
            routes!(health::ping::ping),
        ],
        once: vec![
            routes!(application::create::create),
            routes!(endpoint::create::create),
            routes!(endpoint::pause::pause),
            routes!(endpoint::ping::ping),
            routes!(endpoint::resume::resume),
            routes!(endpoint::recover::recover),
            routes!(endpoint::rotate_secret::rotate_secret),
            routes!(endpoint::send_example::send_example),
            routes!(event_type::create::create),
            routes!(delivery::resend::resend),
            routes!(delivery::cancel::cancel),
            routes!(replay::create::create),
            routes!(replay::cancel::cancel),
            routes!(authentication::app_portal_access::app_portal_access),
            routes!(authentication::dashboard_access::dashboard_access),
            routes!(authentication::logout::logout),
            routes!(authentication::expire_all::expire_all),
        ],
    }
}

/// The description of all operations.
pub(crate) fn described() -> OpenApi {
    let Table { plain, once } = table();
    let parts = plain.into_iter().chain(once).map(|(schemas, paths, _)| (schemas, paths));
    openapi::document(parts)
}

/// All routes.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let Table { plain, once } = table();
    let mut router = Router::new();
    for (_, described, methods) in plain {
        router = route(router, &path_of(&described), methods);
    }
    for (_, described, methods) in once {
        let methods =
            methods.route_layer(middleware::from_fn_with_state(Arc::clone(&api), idempotency::once));
        router = route(router, &path_of(&described), methods);
    }
    let document = Bytes::from(openapi::text(&described()));
    let openapi = get(async move || json::raw_response(StatusCode::OK, document));
    route(router, paths::OPENAPI, openapi)
        .route("/api/{*rest}", any(async || ApiError::not_found("this path")))
        .method_not_allowed_fallback(async |State(_): State<Arc<Api>>| ApiError::method_not_allowed())
        .with_state(api)
}

fn path_of(described: &utoipa::openapi::Paths) -> String {
    described.paths.keys().next().cloned().expect("routes! describes at least one operation")
}

fn route(
    router: Router<Arc<Api>>,
    path: &str,
    methods: axum::routing::MethodRouter<Arc<Api>>,
) -> Router<Arc<Api>> {
    router.route(&format!("{path}/"), methods.clone()).route(path, methods)
}

#[cfg(test)]
mod tests;
