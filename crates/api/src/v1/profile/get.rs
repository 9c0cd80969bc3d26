//! Gets a profile.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::profile::Profile;

use super::wire::ProfileDetailOut;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    segments::Segments,
};

/// Get a wire format with its event types and its text.
#[utoipa::path(
    get, path = paths::PROFILE, operation_id = "v1.profile.get", tag = "Profile",
    params(("profile_name" = String, Path, description = "The profile's name")),
    responses((status = 200, body = ProfileDetailOut, description = "The profile"), Problems)
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
) -> Result<Json<ProfileDetailOut>, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    Ok(Json(ProfileDetailOut::of(named(&api, &name)?)))
}

/// The profile that a path names.
pub(super) fn named<'a>(api: &'a Api, name: &str) -> Result<&'a Profile, ApiError> {
    let name = name.parse().ok();
    let found = name.and_then(|name| api.engine.context().profiles.named(&name));
    found.map(|profile| &**profile).ok_or_else(|| ApiError::not_found("the profile"))
}
