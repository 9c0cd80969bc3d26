//! Gets the request that an attempt sent, without credentials: the delivery log that customers see (TRI-13).

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{delivery::Attempt, id::AttemptId};
use fanfare_engine::sent::{Sent, Unshown};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    rendered::{HeaderOut, RequestOut},
    segments::Segments,
};

/// What an attempt sent. It is not kept but rendered again, with credentials replaced by `[redacted]`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptRequestOut {
    /// The method that was used.
    #[schema(value_type = String)]
    method: &'static str,
    /// The URL that was called, without a user name and password.
    #[schema(format = "uri")]
    url: String,
    /// The headers in their order and letter case; null where `missing` says why.
    headers: Option<Vec<HeaderOut>>,
    /// The body; null where `missing` says why.
    body: Option<String>,
    /// Whether the endpoint has changed since, so that headers and body may have been others.
    changed: bool,
    /// Why there are no headers and no body: `payload_erased`, `endpoint_deleted` or `not_rendered`.
    missing: Option<&'static str>,
    /// More about `not_rendered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Get the request that an attempt sent, in its headers' order and letter case, without credentials.
#[utoipa::path(
    get, path = paths::ATTEMPT_REQUEST, operation_id = "v1.message-attempt.get-request",
    tag = "Message Attempt",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), ("attempt_id" = String, Path, description = "The attempt's id")),
    responses((status = 200, body = AttemptRequestOut, description = "The request"), Problems)
)]
pub(crate) async fn get_request(
    State(api): State<Arc<Api>>,
    Segments((application, message, attempt)): Segments<(String, String, String)>,
    caller: Caller,
) -> Result<Json<AttemptRequestOut>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let message = api.message_with_payload(&application, &message).await?;
    let missing = || ApiError::not_found("the attempt");
    let id: AttemptId = attempt.parse().map_err(|_| missing())?;
    let found = api.engine.context().store().attempt(application.id, message.id, id).await?;
    let attempt = found.ok_or_else(missing)?;
    let sent = api.engine.sent(&attempt, &message).await?;
    Ok(Json(AttemptRequestOut::of(attempt, sent)))
}

impl AttemptRequestOut {
    fn of(attempt: Attempt, sent: Sent) -> Self {
        let (request, unshown) = match sent.request {
            Ok(request) => (Some(RequestOut::of(request, &attempt.url)), None),
            Err(unshown) => (None, Some(unshown)),
        };
        let (headers, body) = request.map(RequestOut::into_parts).unzip();
        let missing = unshown.as_ref().map(|unshown| match unshown {
            Unshown::PayloadErased => "payload_erased",
            Unshown::EndpointDeleted => "endpoint_deleted",
            Unshown::NotRendered(_) => "not_rendered",
        });
        let error = match unshown {
            Some(Unshown::NotRendered(why)) => Some(why),
            _ => None,
        };
        let (method, url, changed) = (attempt.method.as_str(), attempt.url, sent.changed);
        Self { method, url, headers, body, changed, missing, error }
    }
}
