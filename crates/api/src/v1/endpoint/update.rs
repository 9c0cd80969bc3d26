//! Replaces an endpoint, or makes it where the path names none.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::{id::EndpointId, ports::store::Named, profile::Moment};
use fanfare_engine::configure::{ConfigureError, endpoint::NewEndpoint};
use http::StatusCode;

use super::wire::{EndpointIn, EndpointOut};
use crate::{
    Api,
    access::{Access, named},
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
};

/// Replace an endpoint: what the body leaves out is cleared; secrets and headers stay. Makes it if the path
/// names none.
#[utoipa::path(
    put, path = paths::ENDPOINT, operation_id = "v1.endpoint.update", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid")),
    request_body = EndpointIn,
    responses(
        (status = 200, body = EndpointOut, description = "It was replaced"),
        (status = 201, body = EndpointOut, description = "It was made"),
        Problems
    )
)]
pub(crate) async fn update(
    State(api): State<Arc<Api>>,
    Segments((application, name)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<EndpointIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let name = named::<EndpointId>(&name).ok_or_else(|| ApiError::not_found("the endpoint"))?;
    if let (Named::Uid(path), Some(body)) = (&name, body.uid())
        && path != body
    {
        return Err(ApiError::invalid(&["body", "uid"], "differs from the uid in the path"));
    }
    let mut draft = body.into_replacement()?;
    let configure = caller.configure(&api);
    let replaced = configure.change_endpoint(&application, &name, |old| *old = draft.clone()).await;
    let (status, endpoint, moment) = match replaced {
        Err(ConfigureError::NotFound(_)) => {
            if let Named::Uid(uid) = name {
                draft.uid = Some(uid);
            }
            let new = NewEndpoint::http(draft);
            (StatusCode::CREATED, configure.create_endpoint(&application, new).await?, Moment::Created)
        }
        replaced => (StatusCode::OK, replaced?, Moment::Updated),
    };
    let secret = match moment {
        Moment::Created => caller.secret_shown_once(&api, &application, &endpoint).await?,
        Moment::Updated => None,
    };
    let out = api.endpoint_changed(&caller, &application, endpoint, moment).await;
    Ok(json::response(status, &out.with_secret(secret)))
}
