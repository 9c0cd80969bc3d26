//! What the holder of a test key is answered: what the message would send (JOF-4).

use fanfare_core::environment::KeyMode;
use fanfare_engine::accept::{Post, Preview, Previewed};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Api, auth::Caller, error::ApiError, rendered::RequestOut};

/// What a message would send, had it been posted with a live key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewOut {
    /// How many endpoints would get it.
    endpoints: usize,
    /// What they would be sent, credentials redacted; at most 100, and 16 MiB of bodies.
    requests: Vec<PreviewedOut>,
}

/// What one endpoint would be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreviewedOut {
    /// The endpoint.
    endpoint_id: String,
    /// The request.
    #[serde(flatten)]
    request: Option<RequestOut>,
    /// Why there would be no request.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The preview of a message, where the caller only tries things out.
pub(crate) async fn preview(api: &Api, caller: &Caller, post: &Post) -> Result<Option<PreviewOut>, ApiError> {
    if caller.key.mode != KeyMode::Test {
        return Ok(None);
    }
    let Preview { endpoints, requests } = api.engine.preview(post).await?;
    Ok(Some(PreviewOut { endpoints, requests: requests.into_iter().map(previewed).collect() }))
}

fn previewed(previewed: Previewed) -> PreviewedOut {
    let (request, error) = match previewed.request {
        Ok(request) => (Some(RequestOut::of(request, &previewed.url)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    PreviewedOut { endpoint_id: previewed.endpoint.to_string(), request, error }
}
