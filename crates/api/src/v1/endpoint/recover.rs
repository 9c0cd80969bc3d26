//! Sends an endpoint again what failed or what it missed.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::{
    id::JobId,
    limits::RECOVER_MOST,
    replay::{Replay, Selection},
    time::Timestamp,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, ErrorOut, Problems},
    json::{self, Body},
    paths,
    segments::Segments,
    v1::replay::create::refused,
};

/// A window of time.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RecoverIn {
    /// Messages accepted from this time on, at most 14 days back.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Messages accepted before this time; now, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// A recovery that has begun.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoverOut {
    /// Its id.
    id: String,
    /// Always `running`.
    status: &'static str,
    /// Always `endpoint.recover`.
    task: &'static str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Send again, in the background, all that failed at an endpoint or that it missed in a window of time.
#[utoipa::path(
    post, path = paths::ENDPOINT_RECOVER, operation_id = "v1.endpoint.recover", tag = "Endpoint",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = RecoverIn,
    responses((status = 202, body = RecoverOut, description = "It has begun"), (status = 429, body = ErrorOut, description = "So many are open already"), Problems)
)]
pub(crate) async fn recover(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    Body(body): Body<RecoverIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    caller.require_sending(&endpoint)?;
    let now = api.engine.now();
    let until = body.until.unwrap_or(now);
    check(body.since, until, now)?;
    let id: JobId = api.engine.context().mint();
    let job = Replay::new(id, &application, Selection::recovery(endpoint.id, body.since, until), None, now);
    let configure = caller.configure(&api);
    let audit =
        configure.audit(application.environment, Some(application.id), "endpoint.recover", &endpoint.id);
    api.engine.replay(job, audit).await?.map_err(|error| refused(&error))?;
    let out = RecoverOut { id: id.to_string(), status: "running", task: "endpoint.recover", updated_at: now };
    Ok(json::response(StatusCode::ACCEPTED, &out))
}

fn check(since: Timestamp, until: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    if now.since(since) > RECOVER_MOST {
        let days = RECOVER_MOST.as_secs() / 86_400;
        let msg = format!("must not be more than {days} days ago");
        return Err(ApiError::invalid(&["body", "since"], msg));
    }
    if until < since {
        return Err(ApiError::invalid(&["body", "until"], "must not be before since"));
    }
    Ok(())
}
