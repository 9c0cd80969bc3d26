//! Lists the messages of an application.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::wire::MessageOut;
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
};

/// List an application's messages, newest first.
#[utoipa::path(
    get, path = paths::MESSAGES, operation_id = "v1.message.list", tag = "Message",
    params(("app_id" = String, Path, description = "The application's id or uid"), PageParams, MessageFilterParams, WithContent),
    responses((status = 200, body = ListOf<MessageOut<'_>>, description = "A page of messages"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Read, &name).await?;
    let paging = Paging::read(&query, Order::Descending)?;
    let with_content = query.flag("with_content", true)?;
    let filter = query.message_filter()?;
    let store = api.engine.context().store();
    let mut page = store.messages(application.id, filter, paging.query.clone(), with_content).await?;
    for message in &mut page.items {
        *message = api.visible(&caller, message.clone()).await?;
    }
    let list = paging.answer(page, |message| message.id, |message| message);
    let list = list.map_refs(|message| MessageOut::of(message, with_content))?;
    Ok(json::response(StatusCode::OK, &list))
}
