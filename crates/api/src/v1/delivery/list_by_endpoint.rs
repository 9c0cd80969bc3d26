//! Lists the messages that went to an endpoint.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::ports::store::DeliveryFilter;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Standing, states};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json,
    page::{ListOf, Order, PageParams, Paging},
    paths,
    query::{MessageFilterParams, Query, WithContent},
    segments::Segments,
    v1::message::wire::MessageOut,
};

/// A message, and how it stands at the endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointMessageOut<'a> {
    #[serde(flatten)]
    message: MessageOut<'a>,
    #[serde(flatten)]
    standing: Standing,
}

/// List the messages that went to an endpoint, newest first, with how they stand there.
#[utoipa::path(
    get, path = paths::ENDPOINT_MESSAGES, operation_id = "v1.message-attempt.list-attempted-messages",
    tag = "Message Attempt",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), PageParams, MessageFilterParams, WithContent,
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 1 pending, 2 fail, 3 sending"),
        ("state" = Option<Vec<String>>, Query, description = "Only in these states"),
    ),
    responses((status = 200, body = ListOf<EndpointMessageOut<'_>>, description = "A page of messages"), Problems)
)]
pub(crate) async fn list_by_endpoint(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    let paging = Paging::read(&query, Order::Descending)?;
    let with_content = query.flag("with_content", true)?;
    let filter = DeliveryFilter {
        states: states(&query)?,
        of_messages: query.message_filter()?,
        ..DeliveryFilter::default()
    };
    let store = api.engine.context().store();
    let mut page = store
        .delivered_messages(application.id, endpoint.id, filter, paging.query.clone(), with_content)
        .await?;
    for item in &mut page.items {
        item.message = api.visible(&caller, item.message.clone()).await?;
    }
    let list = paging.answer(page, |item| item.message.id, |item| item);
    let list = list.map_refs(|item| {
        let message = MessageOut::of(&item.message, with_content)?;
        Ok(EndpointMessageOut { message, standing: Standing::of(&item.delivery, Some(&endpoint)) })
    })?;
    Ok(json::response(StatusCode::OK, &list))
}
