//! Makes an application, or gets the one that has its uid already.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::ports::store::Named;
use fanfare_engine::configure::ConfigureError;
use http::StatusCode;

use super::wire::{ApplicationIn, ApplicationOut};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Body},
    paths,
    query::Query,
};

/// Make an application.
#[utoipa::path(
    post, path = paths::APPLICATIONS, operation_id = "v1.application.create", tag = "Application",
    params(
        ("get_if_exists" = Option<bool>, Query, description = "Answer with the application that has this uid already instead of 409"),
        ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again"),
    ),
    request_body = ApplicationIn,
    responses(
        (status = 201, body = ApplicationOut, description = "It was made"),
        (status = 200, body = ApplicationOut, description = "It existed already (`get_if_exists`)"),
        Problems
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    Body(body): Body<ApplicationIn>,
) -> Result<Response, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let get_if_exists = query.flag("get_if_exists", false)?;
    let draft = body.draft(&["body"])?;
    let configure = caller.configure(&api);
    let uid = draft.uid.clone();
    match (configure.create_application(caller.environment(), draft).await, uid) {
        (Ok(application), _) => {
            api.changed().await;
            Ok(json::response(StatusCode::CREATED, &ApplicationOut::from(application)))
        }
        (Err(ConfigureError::Taken(_)), Some(uid)) if get_if_exists => {
            let existing = configure.application(caller.environment(), Named::Uid(uid)).await?;
            Ok(json::response(StatusCode::OK, &ApplicationOut::from(existing)))
        }
        (Err(error), _) => Err(error.into()),
    }
}
