//! Posts a message. This is the hot path: the body is passed over once, lookups are cached, and nothing of the
//! request is copied that need not be.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use fanfare_core::{id::ApplicationId, limits::MESSAGE_BODY_BYTES, ports::store::Named};
use fanfare_engine::{accept::Posted, configure::ConfigureError};
use http::StatusCode;

use super::{
    preview::{PreviewOut, preview},
    wire::{MessageIn, MessageOut},
};
use crate::{
    Api,
    access::{Access, named},
    auth::Caller,
    error::{ApiError, Problems},
    idempotency, json, paths,
    query::Query,
    segments::Segments,
    v1::application::wire::ApplicationIn,
};

/// Post a message. When the answer arrives, it is on disk with its deliveries.
#[utoipa::path(
    post, path = paths::MESSAGES, operation_id = "v1.message.create", tag = "Message",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"),
        ("with_content" = Option<bool>, Query, description = "Whether the answer repeats the payload; it does by default"),
        ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again"),
    ),
    request_body = MessageIn<'_>,
    responses(
        (status = 202, body = MessageOut<'_>, description = "It is accepted"),
        (status = 200, body = PreviewOut, description = "With a test key: what it would send; nothing is stored or sent"),
        Problems
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    caller.require(Access::Post)?;
    let now = api.engine.now();
    let idempotency = idempotency::hashed(request.headers(), request.uri(), &caller, now)?;
    let with_content = with_content(&request)?;
    let received = json::read(request.into_body(), MESSAGE_BODY_BYTES, &api).await?;
    let mut message: MessageIn<'_> = json::parse(&received.bytes)?;
    let new = message.application.take();
    let application = application(&api, &caller, &name, new).await?;
    let mut post = message.post(&received.bytes, caller.environment(), application, now)?;
    if let Some(preview) = preview(&api, &caller, &post).await? {
        return Ok(json::response(StatusCode::OK, &preview));
    }
    post.idempotency = idempotency;
    let (Posted::Stored(message) | Posted::Repeated(message)) = api.engine.post(post).await?;
    Ok(json::response(StatusCode::ACCEPTED, &MessageOut::of(&message, with_content)?))
}

fn with_content(request: &Request) -> Result<bool, ApiError> {
    match request.uri().query() {
        None => Ok(true),
        Some(text) => Query::of(text).flag("with_content", true),
    }
}

async fn application(
    api: &Api,
    caller: &Caller,
    name: &str,
    new: Option<ApplicationIn>,
) -> Result<Named<ApplicationId>, ApiError> {
    let missing = || ApiError::not_found("the application");
    let name = named(name).ok_or_else(missing)?;
    if api.engine.configurations().application(caller.environment(), &name).await?.is_none() {
        implied(api, caller, &name, new.ok_or_else(missing)?).await?;
    }
    Ok(name)
}

/// Makes the application that comes along with a message or portal link, for those who may make applications.
/// Somebody else may do so at the same time: then theirs is as good.
pub(crate) async fn implied(
    api: &Api,
    caller: &Caller,
    name: &Named<ApplicationId>,
    new: ApplicationIn,
) -> Result<ApplicationId, ApiError> {
    caller.require(Access::ManageEnvironment)?;
    let loc = ["body", "application"];
    let Named::Uid(uid) = name else { return Err(ApiError::not_found("the application")) };
    if new.uid.as_ref().is_some_and(|other| other != uid) {
        let loc = [loc[0], loc[1], "uid"];
        return Err(ApiError::invalid(&loc, "differs from the uid in the path"));
    }
    let mut draft = new.draft(&loc)?;
    draft.uid = Some(uid.clone());
    let configure = caller.configure(api);
    match configure.create_application(caller.environment(), draft).await {
        Ok(made) => {
            api.changed().await;
            Ok(made.id)
        }
        Err(ConfigureError::Taken(_)) => {
            Ok(configure.application(caller.environment(), name.clone()).await?.id)
        }
        Err(error) => Err(error.into()),
    }
}
