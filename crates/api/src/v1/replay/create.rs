//! Starts a replay, or only counts what it would send.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, response::Response};
use fanfare_core::{
    application::Application,
    delivery::DeliveryState,
    endpoint::EndpointMode,
    environment::Role,
    id::{EndpointId, JobId},
    limits::{ENDPOINT_EVENT_TYPES, REPLAY_ENDPOINTS, REPLAY_RATE, REPLAY_RATE_MOST, REPLAYS_OPEN},
    name::EventTypeName,
    ports::store::ChangeError,
    replay::{Replay, Selection},
    time::Timestamp,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{ReplayCountOut, ReplayOut};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, ErrorOut, Problems, of_change},
    json::{self, Body},
    paths,
    segments::Segments,
    v1::delivery::wire::StateName,
};

/// Which deliveries are sent again, and how fast.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayIn {
    /// Only deliveries to these endpoints (ids or uids), at most 100; all, unless given.
    #[serde(default)]
    endpoint_ids: Option<Vec<String>>,
    /// Only messages of these types; all, unless given.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    event_types: Option<Vec<EventTypeName>>,
    /// Only deliveries in these states, of `retrying`, `succeeded`, `failed`, `blocked`, `cancelled`, `skipped`;
    /// `failed` and `blocked`, unless given.
    #[serde(default)]
    states: Option<Vec<String>>,
    /// Messages accepted from this time on.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Messages accepted before this time; now, unless given, and never later than now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Deliveries a second, 1 to 10000; 100, unless given.
    #[serde(default)]
    rate: Option<u32>,
    /// What is sent though it would be skipped: `superseded` (a newer message has taken the place), `expired`
    /// (past its `expiresAt`).
    #[serde(default)]
    include: Option<Vec<String>>,
    /// Only count; nothing is sent.
    #[serde(default)]
    dry_run: Option<bool>,
}

/// Send again, in the background and at a chosen rate, deliveries chosen by endpoint, event type, state and time.
///
/// The job counts first, then sends. It goes on after a restart, can be cancelled, and is kept as long as
/// messages are.
#[utoipa::path(
    post, path = paths::REPLAYS, operation_id = "v1.replay.create", tag = "Replay",
    params(("app_id" = String, Path, description = "The application's id or uid"), ("idempotency-key" = Option<String>, Header, description = "A POST that comes again under the same key gets the first answer again")),
    request_body = ReplayIn,
    responses(
        (status = 200, body = ReplayCountOut, description = "What it would come to (dryRun)"),
        (status = 202, body = ReplayOut, description = "It has begun"),
        (status = 429, body = ErrorOut, description = "So many are open already"),
        Problems
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Segments(application): Segments<String>,
    caller: Caller,
    Body(body): Body<ReplayIn>,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Manage, &application).await?;
    let rate = body.rate.unwrap_or(REPLAY_RATE);
    if !(1..=REPLAY_RATE_MOST).contains(&rate) {
        return Err(invalid("rate", format!("must be 1 to {REPLAY_RATE_MOST} deliveries a second")));
    }
    let dry_run = body.dry_run.unwrap_or(false);
    let selection = selection(&api, &caller, &application, body).await?;
    if dry_run {
        let counted = api.engine.count_replay(application.id, &selection).await?;
        let out = ReplayCountOut { count: counted.counted, skipped: counted.skipped };
        return Ok(json::response(StatusCode::OK, &out));
    }
    let id: JobId = api.engine.context().mint();
    let job = Replay::new(id, &application, selection, Some(rate), api.engine.now());
    let audit =
        caller.configure(&api).audit(application.environment, Some(application.id), "replay.create", &id);
    api.engine.replay(job.clone(), audit).await?.map_err(|error| refused(&error))?;
    Ok(json::response(StatusCode::ACCEPTED, &ReplayOut::from(job)))
}

/// Why no job was made.
pub(crate) fn refused(error: &ChangeError) -> ApiError {
    match error {
        ChangeError::Limit(_) => ApiError::too_many(format!(
            "{REPLAYS_OPEN} replays and recoveries of this application are open: wait for one, or cancel it"
        )),
        other => of_change(other, "the application"),
    }
}

fn invalid(field: &str, msg: impl Into<String>) -> ApiError {
    ApiError::invalid(&["body", field], msg)
}

async fn selection(
    api: &Api,
    caller: &Caller,
    application: &Application,
    body: ReplayIn,
) -> Result<Selection, ApiError> {
    let now = api.engine.now();
    let until = body.until.map_or(now, |until| until.min(now));
    if body.since >= until {
        return Err(invalid("since", "must be before until, and in the past"));
    }
    let include = include(body.include.as_deref().unwrap_or_default())?;
    Ok(Selection {
        endpoints: endpoints(api, caller, application, body.endpoint_ids).await?,
        event_types: event_types(body.event_types)?,
        states: states(body.states.as_deref())?,
        since: body.since,
        until,
        superseded: include.superseded,
        expired: include.expired,
        missed: false,
    })
}

async fn endpoints(
    api: &Api,
    caller: &Caller,
    application: &Application,
    names: Option<Vec<String>>,
) -> Result<Option<BTreeSet<EndpointId>>, ApiError> {
    let Some(names) = names else { return all_endpoints(api, caller, application).await };
    if !(1..=REPLAY_ENDPOINTS).contains(&names.len()) {
        let msg = format!("must name 1 to {REPLAY_ENDPOINTS} endpoints; leave it out for all");
        return Err(invalid("endpointIds", msg));
    }
    let mut ids = BTreeSet::new();
    for name in &names {
        let endpoint = api.endpoint(application, name).await?;
        caller.require_sending(&endpoint)?;
        ids.insert(endpoint.id);
    }
    Ok(Some(ids))
}

/// All endpoints; for portal tokens, those that they may have something sent to (JOF-3).
async fn all_endpoints(
    api: &Api,
    caller: &Caller,
    application: &Application,
) -> Result<Option<BTreeSet<EndpointId>>, ApiError> {
    if caller.key.role != Role::Portal {
        return Ok(None);
    }
    let view = api.engine.configurations().by_id(application.id).await?;
    let view = view.ok_or_else(|| ApiError::not_found("the application"))?;
    let endpoints = view.endpoints.iter().map(|view| &view.endpoint);
    if endpoints.clone().all(|endpoint| endpoint.mode == EndpointMode::Live) {
        return Ok(None);
    }
    let live = endpoints.filter(|endpoint| endpoint.mode == EndpointMode::Live);
    Ok(Some(live.map(|endpoint| endpoint.id).collect()))
}

fn event_types(names: Option<Vec<EventTypeName>>) -> Result<Option<BTreeSet<EventTypeName>>, ApiError> {
    let Some(names) = names else { return Ok(None) };
    if !(1..=ENDPOINT_EVENT_TYPES).contains(&names.len()) {
        let msg = format!("must name 1 to {ENDPOINT_EVENT_TYPES} types; leave it out for all");
        return Err(invalid("eventTypes", msg));
    }
    Ok(Some(names.into_iter().collect()))
}

fn states(words: Option<&[String]>) -> Result<Vec<DeliveryState>, ApiError> {
    let Some(words) = words else { return Ok(Selection::LOST.to_vec()) };
    if words.is_empty() {
        return Err(invalid("states", "must name at least one state; leave it out for failed and blocked"));
    }
    let mut states = Vec::new();
    for word in words {
        let StateName(state) = word.parse().map_err(|error| invalid("states", format!("{word}: {error}")))?;
        if matches!(state, DeliveryState::Scheduled | DeliveryState::Pending) {
            return Err(invalid("states", format!("{word}: waits for its first attempt, which will come")));
        }
        if !states.contains(&state) {
            states.push(state);
        }
    }
    Ok(states)
}

#[derive(Default)]
struct Include {
    superseded: bool,
    expired: bool,
}

fn include(words: &[String]) -> Result<Include, ApiError> {
    let mut include = Include::default();
    for word in words {
        match word.as_str() {
            "superseded" => include.superseded = true,
            "expired" => include.expired = true,
            other => return Err(invalid("include", format!("{other}: must be superseded or expired"))),
        }
    }
    Ok(include)
}
