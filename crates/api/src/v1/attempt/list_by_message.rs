//! Lists the attempts of a message.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::ports::store::AttemptsOf;

use super::wire::{MessageAttemptOut, Wanted};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::{ListOf, Order, PageParams, Paging},
    paths,
    query::{MessageFilterParams, Query, WithContent},
    segments::Segments,
};

/// List the attempts of a message, newest first.
#[utoipa::path(
    get, path = paths::MESSAGE_ATTEMPTS, operation_id = "v1.message-attempt.list-by-msg",
    tag = "Message Attempt",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), PageParams, MessageFilterParams, WithContent,
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 2 fail"),
        ("status_code_class" = Option<u16>, Query, description = "Only answers of this class: 0 (none), 100, 200, 300, 400, 500"),
        ("endpoint_id" = Option<String>, Query, description = "Only to this endpoint (id or uid)"),
    ),
    responses((status = 200, body = ListOf<MessageAttemptOut>, description = "A page of attempts"), Problems)
)]
pub(crate) async fn list_by_message(
    State(api): State<Arc<Api>>,
    Segments((application, message)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<MessageAttemptOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let message = api.message(&application, &message).await?;
    let paging = Paging::read(&query, Order::Descending)?;
    let endpoint = match query.text("endpoint_id") {
        Some(name) => Some(api.endpoint(&application, name).await?.id),
        None => None,
    };
    let mut wanted = Wanted::read(&query, endpoint)?;
    let Some(filter) = wanted.filter.take() else { return Ok(Json(ListOf::nothing())) };
    let of = AttemptsOf::Message(message.id);
    let page =
        api.engine.context().store().attempts(application.id, of, filter, paging.query.clone()).await?;
    Ok(Json(wanted.answer(&paging, page)))
}
