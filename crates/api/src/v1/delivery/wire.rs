//! Where a delivery stands, in the words and numbers of the API.

use std::fmt;

use fanfare_core::{
    delivery::{Delivery, DeliveryState as S},
    endpoint::Endpoint,
    time::Timestamp,
};
use fanfare_engine::{
    configuration::ApplicationView,
    updates::{AttemptSummary, Change},
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    query::{Query, invalid},
};

/// A status: 0 success, 1 pending, 2 fail, 3 sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It arrived.
    Success = 0,
    /// It waits for its time or its first attempt.
    Pending = 1,
    /// It ended otherwise.
    Fail = 2,
    /// It waits for a further attempt.
    Sending = 3,
}

impl Status {
    const ALL: [Self; 4] = [Self::Success, Self::Pending, Self::Fail, Self::Sending];

    /// The status of a state.
    pub(crate) fn of(state: S) -> Self {
        match state {
            S::Succeeded => Self::Success,
            S::Scheduled | S::Pending => Self::Pending,
            S::Retrying => Self::Sending,
            S::Failed | S::Blocked | S::Cancelled | S::Skipped => Self::Fail,
        }
    }

    /// The word for it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Fail => "fail",
            Self::Sending => "sending",
        }
    }

    /// The states that show as this status.
    fn states(self) -> Vec<S> {
        S::ALL.into_iter().filter(|state| Self::of(*state) == self).collect()
    }

    /// The `status` of a query, by number or word.
    pub(crate) fn read(query: &Query) -> Result<Option<Self>, ApiError> {
        let Some(text) = query.text("status") else { return Ok(None) };
        let named = |status: &Self| status.text() == text || (*status as u8).to_string() == text;
        let found = Self::ALL.into_iter().find(named);
        found.map(Some).ok_or_else(|| invalid("status", "must be 0, 1, 2 or 3"))
    }
}

/// The states that a query wants, by `status` and by our own `state`.
pub(crate) fn states(query: &Query) -> Result<Option<Vec<S>>, ApiError> {
    let by_status = Status::read(query)?.map(Status::states);
    let by_state = query.list::<StateName>("state")?.map(|names| names.iter().map(|name| name.0).collect());
    Ok(match (by_status, by_state) {
        (Some(some), Some(others)) => {
            let others: Vec<S> = others;
            Some(some.into_iter().filter(|state| others.contains(state)).collect())
        }
        (some, others) => some.or(others),
    })
}

/// A state by its word.
pub(crate) struct StateName(pub(crate) S);

impl std::str::FromStr for StateName {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        S::ALL.into_iter().find(|state| state.as_str() == text).map(Self).ok_or(UnknownState)
    }
}

/// A word that is no state.
pub(crate) struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = S::ALL.iter().map(|state| state.as_str()).collect();
        write!(f, "must be one of {}", names.join(", "))
    }
}

impl Serialize for Status {
    fn serialize<T: Serializer>(&self, to: T) -> Result<T::Ok, T::Error> {
        to.serialize_u8(*self as u8)
    }
}

/// Where a delivery stands, for every answer that shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    /// 0 success, 1 pending, 2 fail, 3 sending (an attempt failed, another follows).
    #[schema(value_type = u8, minimum = 0, maximum = 3)]
    status: Status,
    /// The same as a word.
    status_text: &'static str,
    /// The same in full: `scheduled`, `pending`, `retrying`, `held` (its endpoint is paused or disabled),
    /// `succeeded`, `failed`, `blocked`, `cancelled`, `skipped`.
    state: &'static str,
    /// Why it ended, where no attempt tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// When the next attempt is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt: Option<Timestamp>,
}

impl Standing {
    /// Where `delivery` stands, given its endpoint if that is still there.
    pub(crate) fn of(delivery: &Delivery, endpoint: Option<&Endpoint>) -> Self {
        let status = Status::of(delivery.state);
        let waits = delivery.state.is_waiting();
        let held = waits && endpoint.is_some_and(|endpoint| endpoint.paused || endpoint.disabled.is_some());
        Self {
            status,
            status_text: status.text(),
            state: if held { "held" } else { delivery.state.as_str() },
            reason: delivery.reason.map(|reason| reason.as_str()),
            next_attempt: (waits && !held).then_some(delivery.due),
        }
    }

    /// The same, where the endpoint is found in the application's configuration.
    pub(crate) fn within(delivery: &Delivery, application: Option<&ApplicationView>) -> Self {
        let view = application.and_then(|application| application.endpoint(delivery.key.endpoint));
        Self::of(delivery, view.map(|view| &view.endpoint))
    }
}

/// What became of a delivery, as a stream tells it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryUpdate)]
pub(crate) struct UpdateOut<'a> {
    /// The application.
    app_id: String,
    /// The message.
    msg_id: String,
    /// The message's type.
    event_type: &'a str,
    /// The endpoint.
    endpoint_id: String,
    /// Where it stands; `state` as it is stored, never `held`.
    #[serde(flatten)]
    standing: Standing,
    /// The attempt that brought it there, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptSummaryOut<'a>>,
    /// When this was.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An attempt in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttemptSummary)]
pub(crate) struct AttemptSummaryOut<'a> {
    /// Its id.
    id: String,
    /// The answer's status code; 0 without an answer.
    response_status_code: u16,
    /// Milliseconds from start to end.
    response_duration_ms: u64,
    /// 0 success, 2 fail.
    #[schema(value_type = u8)]
    status: Status,
    /// The same as a word.
    status_text: &'static str,
    /// 0 the message itself or its retry schedule, 1 a person or a job.
    trigger_type: u8,
    /// Why there was no answer: the `kind` of the attempt's `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_kind: Option<&'a str>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
}

impl<'a> UpdateOut<'a> {
    /// What is told of a change.
    pub(crate) fn of(change: &'a Change) -> Self {
        let status = Status::of(change.state);
        Self {
            app_id: change.key.application.to_string(),
            msg_id: change.key.message.to_string(),
            event_type: change.event_type.as_str(),
            endpoint_id: change.key.endpoint.to_string(),
            standing: Standing {
                status,
                status_text: status.text(),
                state: change.state.as_str(),
                reason: change.reason.map(|reason| reason.as_str()),
                next_attempt: change.due,
            },
            attempt: change.attempt.as_ref().map(Into::into),
            updated_at: change.at,
        }
    }
}

impl<'a> From<&'a AttemptSummary> for AttemptSummaryOut<'a> {
    fn from(attempt: &'a AttemptSummary) -> Self {
        let status = if attempt.success { Status::Success } else { Status::Fail };
        Self {
            id: attempt.id.to_string(),
            response_status_code: attempt.status,
            response_duration_ms: attempt.duration.as_millis().try_into().unwrap_or(u64::MAX),
            status,
            status_text: status.text(),
            trigger_type: attempt.trigger as u8,
            error_kind: attempt.failure.as_deref(),
            timestamp: attempt.at,
        }
    }
}
