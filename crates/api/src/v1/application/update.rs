//! Replaces an application, or makes it where the path names none.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::{id::ApplicationId, ports::store::Named};
use fanfare_engine::configure::ConfigureError;
use http::StatusCode;

use super::wire::{ApplicationIn, ApplicationOut};
use crate::{
    Api,
    access::{Access, named},
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
};

/// Replace an application: what the body leaves out is cleared. Makes it if the path names none.
#[utoipa::path(
    put, path = paths::APPLICATION, operation_id = "v1.application.update", tag = "Application",
    params(("app_id" = String, Path, description = "The application's id or uid")),
    request_body = ApplicationIn,
    responses(
        (status = 200, body = ApplicationOut, description = "It was replaced"),
        (status = 201, body = ApplicationOut, description = "It was made"),
        Problems
    )
)]
pub(crate) async fn update(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    Body(body): Body<ApplicationIn>,
) -> Result<Response, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let name = named::<ApplicationId>(&name).ok_or_else(|| ApiError::not_found("the application"))?;
    let mut draft = body.draft(&["body"])?;
    if let (Named::Uid(path), Some(body)) = (&name, &draft.uid)
        && path != body
    {
        return Err(ApiError::invalid(&["body", "uid"], "differs from the uid in the path"));
    }
    let configure = caller.configure(&api);
    let environment = caller.environment();
    let replaced = configure.change_application(environment, &name, |old| *old = draft.clone()).await;
    let (status, application) = match replaced {
        Err(ConfigureError::NotFound(_)) => {
            if let Named::Uid(uid) = name {
                draft.uid = Some(uid);
            }
            (StatusCode::CREATED, configure.create_application(environment, draft).await?)
        }
        replaced => (StatusCode::OK, replaced?),
    };
    api.changed().await;
    Ok(json::response(status, &ApplicationOut::from(application)))
}
