//! Renders what a profile would send of a sample.

use std::sync::Arc;

use axum::extract::{Request, State};
use bytes::Bytes;
use fanfare_core::{
    delivery::Method,
    endpoint::WebhookUrl,
    limits::API_BODY_BYTES,
    name::EventTypeName,
    specimen::{Specimen, Wishes},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::get::named;
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::{self, Json},
    paths,
    rendered::RequestOut,
    segments::Segments,
};

/// What is to be rendered; what is left out is made up.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RenderIn<'a> {
    /// The type; else the first of the profile's catalogue.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    event_type: Option<EventTypeName>,
    /// The payload, a JSON object; else an example of the type.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Object>)]
    payload: Option<&'a RawValue>,
    /// Where it goes.
    #[serde(default)]
    endpoint: SampleEndpointIn,
}

/// A made-up endpoint.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SampleEndpointIn {
    /// Its URL.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri")]
    url: Option<WebhookUrl>,
    /// Its method, of those that the profile allows.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    method: Option<Method>,
}

/// The request that a sample makes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenderOut {
    #[serde(flatten)]
    request: RequestOut,
    /// The made-up secret that it is signed with, to verify it by; null where the profile uses none.
    sample_secret: Option<String>,
}

/// Render the request that a message would make under this profile, with made-up ids and a made-up secret.
#[utoipa::path(
    post, path = paths::PROFILE_RENDER, operation_id = "v1.profile.render", tag = "Profile",
    params(("profile_name" = String, Path, description = "The profile's name")),
    request_body = RenderIn<'_>,
    responses((status = 200, body = RenderOut, description = "The request as it would go over the wire"), Problems)
)]
pub(crate) async fn render(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    request: Request,
) -> Result<Json<RenderOut>, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    let profile = named(&api, &name)?;
    let received = json::read(request.into_body(), API_BODY_BYTES, &api).await?;
    let wishes = json::parse::<RenderIn<'_>>(&received.bytes)?.wishes()?;
    if let Some(method) = wishes.method.filter(|method| !profile.methods.contains(method)) {
        let msg = format!("profile {} does not allow {}", profile.name, method.as_str());
        return Err(ApiError::invalid(&["body", "endpoint", "method"], msg));
    }
    let now = api.engine.now();
    let specimen = Specimen::of(profile, wishes, now);
    let rendered = specimen.render(profile, now);
    let request = rendered.map_err(|error| ApiError::invalid(&["body", "payload"], error.to_string()))?;
    Ok(Json(RenderOut {
        request: RequestOut::of(request, specimen.endpoint.url.as_str()),
        sample_secret: specimen.secret().map(|secret| secret.reveal().to_owned()),
    }))
}

impl RenderIn<'_> {
    fn wishes(self) -> Result<Wishes, ApiError> {
        let payload = match self.payload.map(RawValue::get) {
            Some(text) if !text.starts_with('{') => {
                return Err(ApiError::invalid(&["body", "payload"], "must be a JSON object"));
            }
            text => text.map(|text| Bytes::copy_from_slice(text.as_bytes())),
        };
        let SampleEndpointIn { url, method } = self.endpoint;
        Ok(Wishes { event_type: self.event_type, payload, url, method })
    }
}
