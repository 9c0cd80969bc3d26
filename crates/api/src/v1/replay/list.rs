//! Lists the replays of an application.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::replay::Replay;

use super::wire::ReplayOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::{ListOf, Order, OrderParams, PageParams, Paging},
    paths,
    query::Query,
    segments::Segments,
};

/// List an application's replays and recoveries, newest first.
#[utoipa::path(
    get, path = paths::REPLAYS, operation_id = "v1.replay.list", tag = "Replay",
    params(("app_id" = String, Path, description = "The application's id or uid"), PageParams, OrderParams),
    responses((status = 200, body = ListOf<ReplayOut>, description = "A page of replays"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Segments(application): Segments<String>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<ReplayOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let paging = Paging::read(&query, Order::read(&query, Order::Descending)?)?;
    let page = api.engine.context().store().replays(application.id, paging.query.clone()).await?;
    Ok(Json(paging.answer(page, |job: &Replay| job.id, Into::into)))
}
