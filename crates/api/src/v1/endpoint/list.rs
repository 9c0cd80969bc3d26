//! Lists the endpoints of an application.

use std::sync::Arc;

use axum::extract::State;

use super::wire::EndpointOut;
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

/// List an application's endpoints, newest first.
#[utoipa::path(
    get, path = paths::ENDPOINTS, operation_id = "v1.endpoint.list", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), PageParams, OrderParams),
    responses((status = 200, body = ListOf<EndpointOut>, description = "A page of endpoints"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<EndpointOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &name).await?;
    let paging = Paging::read(&query, Order::read(&query, Order::Descending)?)?;
    let page = api.engine.context().store().endpoints(application.id, paging.query.clone()).await?;
    Ok(Json(paging.answer(page, |endpoint| endpoint.id, Into::into)))
}
