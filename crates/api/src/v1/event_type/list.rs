//! Lists the catalogue.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{environment::Role, ports::store::EventTypeQuery};

use super::wire::EventTypeOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::{ListOf, Order, OrderParams, PageParams, Paging},
    paths,
    query::Query,
};

/// List the event types, by name. Portal tokens see those without a feature flag or with one of theirs.
#[utoipa::path(
    get, path = paths::EVENT_TYPES, operation_id = "v1.event-type.list", tag = "Event Type",
    params(
        PageParams, OrderParams,
        ("include_archived" = Option<bool>, Query, description = "Also archived ones; not by default"),
        ("with_content" = Option<bool>, Query, description = "With schemas; not by default"),
    ),
    responses((status = 200, body = ListOf<EventTypeOut>, description = "A page of event types"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<EventTypeOut>>, ApiError> {
    caller.require(Access::Read)?;
    let paging = Paging::read(&query, Order::read(&query, Order::Ascending)?)?;
    let with_content = query.flag("with_content", false)?;
    let portal = caller.key.role == Role::Portal;
    let narrow = EventTypeQuery {
        archived: query.flag("include_archived", false)?,
        feature_flags: portal.then(|| caller.key.feature_flags.clone()),
    };
    let store = api.engine.context().store();
    let page = store.event_types(caller.environment(), narrow, paging.query.clone()).await?;
    let list = paging.answer(page, |event_type| event_type.name.clone(), |event_type| event_type);
    list.try_map(|event_type| EventTypeOut::of(event_type, with_content)).map(Json)
}
