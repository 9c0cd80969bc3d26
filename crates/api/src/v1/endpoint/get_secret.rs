//! Gets what a receiver needs to verify signatures.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{application::Application, endpoint::Endpoint, ports::store::Named, secret::Secret};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// A verification key.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointSecretOut {
    /// The secret (`whsec_…`), or the public half of an ed25519 key (`whpk_…`).
    key: String,
}

/// Get the key that verifies an endpoint's signatures. For admin keys and the application's portal tokens;
/// 403 where the profile shows no secret again.
#[utoipa::path(
    get, path = paths::ENDPOINT_SECRET, operation_id = "v1.endpoint.get-secret", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    responses((status = 200, body = EndpointSecretOut, description = "The newest key"), Problems)
)]
pub(crate) async fn get_secret(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
) -> Result<Json<EndpointSecretOut>, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let id = Named::Id(api.endpoint(&application, &endpoint).await?.id);
    let key = caller.configure(&api).endpoint_secret(&application, &id).await?;
    Ok(Json(EndpointSecretOut::of(&key)))
}

impl Caller {
    /// The key of an endpoint whose secret was made just now, where it cannot be read again.
    pub(super) async fn secret_shown_once(
        &self,
        api: &Api,
        application: &Application,
        endpoint: &Endpoint,
    ) -> Result<Option<EndpointSecretOut>, ApiError> {
        let configure = self.configure(api);
        let profile = configure.endpoint_profile(application, endpoint).await?;
        if profile.secrets.retrievable || endpoint.keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(EndpointSecretOut::of(&configure.fresh_secret(application, endpoint, &profile)?)))
    }
}

impl EndpointSecretOut {
    /// The one place where the API shows it.
    pub(super) fn of(key: &Secret) -> Self {
        Self { key: key.reveal().to_owned() }
    }

    pub(super) fn into_key(self) -> String {
        self.key
    }
}
