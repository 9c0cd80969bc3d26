//! Lists the applications of the environment.

use std::sync::Arc;

use axum::extract::State;

use super::wire::ApplicationOut;
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

/// List the environment's applications, oldest first.
#[utoipa::path(
    get, path = paths::APPLICATIONS, operation_id = "v1.application.list", tag = "Application",
    params(PageParams, OrderParams),
    responses((status = 200, body = ListOf<ApplicationOut>, description = "A page of applications"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<ApplicationOut>>, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    let paging = Paging::read(&query, Order::read(&query, Order::Ascending)?)?;
    let store = api.engine.context().store();
    let page = store.applications(caller.environment(), paging.query.clone()).await?;
    Ok(Json(paging.answer(page, |application| application.id, Into::into)))
}
