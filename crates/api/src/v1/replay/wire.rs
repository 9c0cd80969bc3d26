//! Replays on the wire.

use fanfare_core::{
    replay::{Replay, Selection},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A replay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayOut {
    /// Its id.
    id: String,
    /// `counting`, `running`, `done`, `cancelled` or `failed`.
    status: &'static str,
    /// `replay`, or `endpoint.recover` where it was asked for as a recovery.
    task: &'static str,
    /// Only deliveries to these endpoints; null is all.
    endpoint_ids: Option<Vec<String>>,
    /// Only messages of these types; null is all.
    event_types: Option<Vec<String>>,
    /// Only deliveries in these states.
    states: Vec<&'static str>,
    /// Only messages accepted from this time on.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Only messages accepted before this time.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// What is sent though it would be skipped: `superseded`, `expired`.
    include: Vec<&'static str>,
    /// Deliveries a second at most; null is no limit.
    rate: Option<u32>,
    /// Deliveries in the selection; complete once the status is no longer `counting`.
    counted: u64,
    /// Of these, queued to be sent again.
    sent: u64,
    /// Of these, left alone: payload erased, expired or superseded, or just being sent.
    skipped: u64,
    /// Of these, gone before they could be queued.
    failed: u64,
    /// Why it failed as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Replay> for ReplayOut {
    fn from(job: Replay) -> Self {
        let Selection { endpoints, event_types, states, since, until, superseded, expired, missed } =
            job.selection;
        let include = [("superseded", superseded), ("expired", expired)];
        Self {
            id: job.id.to_string(),
            status: job.status.as_str(),
            task: if missed { "endpoint.recover" } else { "replay" },
            endpoint_ids: endpoints.map(|all| all.iter().map(ToString::to_string).collect()),
            event_types: event_types.map(|all| all.iter().map(|name| name.as_str().to_owned()).collect()),
            states: states.iter().map(|state| state.as_str()).collect(),
            since,
            until,
            include: include.into_iter().filter(|(_, asked)| *asked).map(|(word, _)| word).collect(),
            rate: job.rate,
            counted: job.counts.counted,
            sent: job.counts.sent,
            skipped: job.counts.skipped,
            failed: job.counts.failed,
            error: job.error,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

/// What a replay would come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayCountOut {
    /// Deliveries in the selection.
    pub(crate) count: u64,
    /// Of these, what would be skipped: payload erased, expired or superseded.
    pub(crate) skipped: u64,
}
