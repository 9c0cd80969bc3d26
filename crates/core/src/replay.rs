//! Replay jobs: deliveries are chosen, counted, and sent again at a chosen rate.

use std::collections::BTreeSet;

use crate::{
    application::Application,
    delivery::DeliveryState,
    id::{ApplicationId, EndpointId, EnvironmentId, JobId, MessageId},
    name::{EventTypeName, OrderingKey},
    time::Timestamp,
};

/// Which deliveries of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Only to these endpoints; none is all that were not deleted.
    pub endpoints: Option<BTreeSet<EndpointId>>,
    /// Only of these types.
    pub event_types: Option<BTreeSet<EventTypeName>>,
    /// Only in these states.
    pub states: Vec<DeliveryState>,
    /// Only of messages accepted from then on (inclusive).
    pub since: Timestamp,
    /// Only of messages accepted before (exclusive).
    pub until: Timestamp,
    /// Whether what a newer message has superseded is sent all the same.
    pub superseded: bool,
    /// Whether what is no longer worth delivering is sent all the same.
    pub expired: bool,
    /// A recovery: also what its one endpoint would have got but never did, because it was disabled.
    pub missed: bool,
}

impl Selection {
    /// What an endpoint has lost in a window of time: what was given up, and what it missed while disabled.
    pub fn recovery(endpoint: EndpointId, since: Timestamp, until: Timestamp) -> Self {
        Self {
            endpoints: Some(BTreeSet::from([endpoint])),
            event_types: None,
            states: Self::LOST.to_vec(),
            since,
            until,
            superseded: false,
            expired: false,
            missed: true,
        }
    }

    /// The states of what was given up: chosen unless others are asked for.
    pub const LOST: [DeliveryState; 2] = [DeliveryState::Failed, DeliveryState::Blocked];

    /// Whether a chosen delivery is sent; one that is not counts as skipped.
    pub fn sends(&self, chosen: &Chosen, now: Timestamp) -> bool {
        let expired = chosen.expires_at.is_some_and(|end| end <= now);
        !chosen.payload_gone && (self.superseded || !chosen.superseded) && (self.expired || !expired)
    }
}

/// A delivery that a job's selection holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The message.
    pub message: MessageId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The message's type.
    pub event_type: EventTypeName,
    /// What the message is ordered by at ordered endpoints.
    pub ordering_key: Option<OrderingKey>,
    /// Until when the message is worth delivering.
    pub expires_at: Option<Timestamp>,
    /// Whether a newer message has taken the message's place.
    pub superseded: bool,
    /// Whether the payload was erased.
    pub payload_gone: bool,
}

/// The last delivery that a job has looked at: jobs go by message, then by endpoint.
pub type ReplayCursor = (MessageId, EndpointId);

/// A replay job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its id.
    pub id: JobId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The application.
    pub application: ApplicationId,
    /// What is sent again.
    pub selection: Selection,
    /// Deliveries a second at most; none is as fast as they can be written.
    pub rate: Option<u32>,
    /// Where it stands.
    pub status: ReplayStatus,
    /// The last delivery that was looked at, in counting or in sending.
    pub after: Option<ReplayCursor>,
    /// What it has come to so far.
    pub counts: ReplayCounts,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl Replay {
    /// A job that begins to count.
    pub fn new(
        id: JobId,
        application: &Application,
        selection: Selection,
        rate: Option<u32>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            environment: application.environment,
            application: application.id,
            selection,
            rate,
            status: ReplayStatus::Counting,
            after: None,
            counts: ReplayCounts::default(),
            error: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// What a job has come to so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayCounts {
    /// Deliveries in the selection; complete once the job no longer counts.
    pub counted: u64,
    /// Of these, queued to be sent again.
    pub sent: u64,
    /// Of these, left alone: payload erased, expired or superseded, or just being sent.
    pub skipped: u64,
    /// Of these, gone (with their message or endpoint) before they could be queued.
    pub failed: u64,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ReplayStatus {
    /// Counts; nothing is sent yet.
    Counting = 0,
    /// Sends.
    Running = 1,
    /// Has gone through its whole selection.
    Done = 2,
    /// Somebody called it off.
    Cancelled = 3,
    /// Could not go on.
    Failed = 4,
}

impl ReplayStatus {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Counting, Self::Running, Self::Done, Self::Cancelled, Self::Failed];

    /// The status with the given number, as stored.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether it still goes on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Counting | Self::Running)
    }

    /// What follows when all of the selection was looked at.
    pub fn next(self) -> Self {
        match self {
            Self::Counting => Self::Running,
            Self::Running => Self::Done,
            over => over,
        }
    }

    /// The lower-case word for API, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
