//! Lists the attempts to an endpoint.

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

/// List the attempts to an endpoint, newest first.
#[utoipa::path(
    get, path = paths::ENDPOINT_ATTEMPTS, operation_id = "v1.message-attempt.list-by-endpoint",
    tag = "Message Attempt",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), PageParams, MessageFilterParams, WithContent,
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 2 fail"),
        ("status_code_class" = Option<u16>, Query, description = "Only answers of this class: 0 (none), 100, 200, 300, 400, 500"),
    ),
    responses((status = 200, body = ListOf<MessageAttemptOut>, description = "A page of attempts"), Problems)
)]
pub(crate) async fn list_by_endpoint(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<MessageAttemptOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    let paging = Paging::read(&query, Order::Descending)?;
    let mut wanted = Wanted::read(&query, None)?;
    let Some(filter) = wanted.filter.take() else { return Ok(Json(ListOf::nothing())) };
    let of = AttemptsOf::Endpoint(endpoint.id);
    let page =
        api.engine.context().store().attempts(application.id, of, filter, paging.query.clone()).await?;
    Ok(Json(wanted.answer(&paging, page)))
}
