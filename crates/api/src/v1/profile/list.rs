//! Lists the profiles that this server knows.

use std::sync::Arc;

use axum::extract::State;

use super::wire::ProfileOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::ListOf,
    paths,
};

/// List the wire formats that environments and endpoints can have, by name; always all of them.
#[utoipa::path(
    get, path = paths::PROFILES, operation_id = "v1.profile.list", tag = "Profile",
    responses((status = 200, body = ListOf<ProfileOut>, description = "All profiles"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Result<Json<ListOf<ProfileOut>>, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    let all = api.engine.context().profiles.all().map(|profile| ProfileOut::of(profile));
    Ok(Json(ListOf { data: all.collect(), ..ListOf::nothing() }))
}
