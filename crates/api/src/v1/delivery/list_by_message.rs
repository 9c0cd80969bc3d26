//! Lists the endpoints that a message went to.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::ports::store::Destination;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Standing;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::{ListOf, Order, PageParams, Paging},
    paths,
    query::Query,
    segments::Segments,
    v1::endpoint::wire::EndpointOut,
};

/// An endpoint, and how the message stands there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageEndpointOut {
    #[serde(flatten)]
    endpoint: EndpointOut,
    #[serde(flatten)]
    standing: Standing,
}

impl From<Destination> for MessageEndpointOut {
    fn from(destination: Destination) -> Self {
        let endpoint = destination.endpoint;
        let there = endpoint.deleted_at.is_none().then_some(&endpoint);
        let standing = Standing::of(&destination.delivery, there);
        Self { standing, endpoint: endpoint.into() }
    }
}

/// List the endpoints that a message went to, oldest first, deleted ones included, with how it stands there.
#[utoipa::path(
    get, path = paths::MESSAGE_ENDPOINTS, operation_id = "v1.message-attempt.list-attempted-destinations",
    tag = "Message Attempt",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("msg_id" = String, Path, description = "The message's id or eventId"), PageParams),
    responses((status = 200, body = ListOf<MessageEndpointOut>, description = "A page of endpoints"), Problems)
)]
pub(crate) async fn list_by_message(
    State(api): State<Arc<Api>>,
    Segments((application, message)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<MessageEndpointOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let paging = Paging::read(&query, Order::Ascending)?;
    let message = api.message(&application, &message).await?;
    let store = api.engine.context().store();
    let page = store.destinations(application.id, message.id, paging.query.clone()).await?;
    Ok(Json(paging.answer(page, |item| item.endpoint.id, Into::into)))
}
