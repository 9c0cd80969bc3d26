//! Makes a token for a customer's portal, and a link that holds it.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use fanfare_core::{
    limits::{PORTAL_FLAGS, PORTAL_TOKEN},
    name::FeatureFlag,
    ports::store::Named,
};
use fanfare_engine::session::Sessions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Access, named},
    auth::Caller,
    error::{ApiError, Problems},
    json::{Body, Json},
    paths,
    segments::Segments,
    v1::{application::wire::ApplicationIn, message::create::implied},
};

/// What the token is to open.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppPortalAccessIn {
    /// Feature flags, at most 100: event types behind others stay hidden.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    feature_flags: Option<Vec<FeatureFlag>>,
    /// Seconds that the token is valid: at most 604800 (7 days), which is also what holds unless given.
    #[schema(minimum = 1, maximum = 604800)]
    #[serde(default)]
    expiry: Option<u32>,
    /// Whether the token only looks: it changes nothing and sees no secrets.
    #[serde(default)]
    read_only: bool,
    /// Makes the application where the path names none by its uid.
    #[serde(default)]
    application: Option<ApplicationIn>,
}

/// Access to the portal.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppPortalAccessOut {
    /// A link that opens the portal once, within 15 minutes; the session lasts as long as the token.
    #[schema(format = "uri")]
    url: String,
    /// The token: a bearer token of this API for this application.
    token: String,
}

impl AppPortalAccessIn {
    fn flags(&mut self) -> Result<Vec<FeatureFlag>, ApiError> {
        let flags = self.feature_flags.take().unwrap_or_default();
        if flags.len() > PORTAL_FLAGS {
            let msg = format!("must be at most {PORTAL_FLAGS}");
            return Err(ApiError::invalid(&["body", "featureFlags"], msg));
        }
        Ok(flags)
    }

    fn lifetime(&self) -> Result<Duration, ApiError> {
        let lifetime = self.expiry.map_or(PORTAL_TOKEN, |seconds| Duration::from_secs(seconds.into()));
        if lifetime.is_zero() || lifetime > PORTAL_TOKEN {
            let msg = format!("must be 1 to {} seconds", PORTAL_TOKEN.as_secs());
            return Err(ApiError::invalid(&["body", "expiry"], msg));
        }
        Ok(lifetime)
    }
}

/// Give a customer access to its portal.
#[utoipa::path(
    post, path = paths::PORTAL_ACCESS, operation_id = "v1.authentication.app-portal-access",
    tag = "Authentication",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = AppPortalAccessIn,
    responses((status = 200, body = AppPortalAccessOut, description = "The token and a link"), Problems)
)]
pub(crate) async fn app_portal_access(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<AppPortalAccessIn>,
) -> Result<Json<AppPortalAccessOut>, ApiError> {
    access(&api, &caller, &name, body).await.map(Json)
}

/// The work of both paths.
pub(crate) async fn access(
    api: &Api,
    caller: &Caller,
    name: &str,
    mut body: AppPortalAccessIn,
) -> Result<AppPortalAccessOut, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let missing = || ApiError::not_found("the application");
    let (lifetime, flags) = (body.lifetime()?, body.flags()?);
    let name = named(name).ok_or_else(missing)?;
    let store = api.engine.context().store();
    let configure = caller.configure(api);
    let read_only = body.read_only;
    let application = match (store.application(caller.environment(), name.clone()).await?, body.application) {
        (Some(application), _) => application,
        (None, Some(new)) => {
            let id = implied(api, caller, &name, new).await?;
            configure.application(caller.environment(), Named::Id(id)).await?
        }
        (None, None) => return Err(missing()),
    };
    let made = configure.create_portal_token(&application, flags, read_only, lifetime).await?;
    let link = Sessions::new(Arc::clone(api.engine.context())).portal_link(&made.key).await?;
    let base = api.config.public_url.trim_end_matches('/');
    let url = format!("{base}/portal/enter?link={}", link.reveal());
    Ok(AppPortalAccessOut { url, token: made.token.reveal().to_owned() })
}
