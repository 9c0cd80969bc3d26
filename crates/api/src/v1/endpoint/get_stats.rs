//! Counts the deliveries of an endpoint.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{delivery::DeliveryState as S, ports::store::DeliveryCounts, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    paths,
    query::{Query, invalid},
    segments::Segments,
};

/// How many deliveries stand where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointStats {
    /// They arrived.
    success: u64,
    /// They wait for their time or their first attempt.
    pending: u64,
    /// They wait for a further attempt.
    sending: u64,
    /// They were given up.
    fail: u64,
    /// They were called off.
    canceled: u64,
}

impl From<DeliveryCounts> for EndpointStats {
    fn from(counts: DeliveryCounts) -> Self {
        Self {
            success: counts.of(S::Succeeded),
            pending: counts.of(S::Scheduled) + counts.of(S::Pending),
            sending: counts.of(S::Retrying),
            fail: counts.of(S::Failed) + counts.of(S::Blocked) + counts.of(S::Skipped),
            canceled: counts.of(S::Cancelled),
        }
    }
}

/// Count an endpoint's deliveries by where they stand.
#[utoipa::path(
    get, path = paths::ENDPOINT_STATS, operation_id = "v1.endpoint.get-stats", tag = "Endpoint",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"), ("endpoint_id" = String, Path, description = "The endpoint's id or uid"),
        ("since" = Option<String>, Query, description = "Only messages accepted from this time on", format = DateTime),
        ("until" = Option<String>, Query, description = "Only messages accepted before this time", format = DateTime),
    ),
    responses((status = 200, body = EndpointStats, description = "The counts"), Problems)
)]
pub(crate) async fn get_stats(
    State(api): State<Arc<Api>>,
    Segments((application, endpoint)): Segments<(String, String)>,
    caller: Caller,
    query: Query,
) -> Result<Json<EndpointStats>, ApiError> {
    let application = api.application(&caller, Access::Read, &application).await?;
    let endpoint = api.endpoint(&application, &endpoint).await?;
    let since = query.time("since")?.unwrap_or(Timestamp::EPOCH);
    let until = query.time("until")?.unwrap_or(Timestamp::MAX);
    if until < since {
        return Err(invalid("until", "must not be before since"));
    }
    let store = api.engine.context().store();
    let counts = store.endpoint_counts(application.id, endpoint.id, since, until).await?;
    Ok(Json(counts.into()))
}
