//! Deliveries: one message on its way to one endpoint, the unit of state. Here is the state machine, one table.

use std::{fmt::Write as _, time::Duration};

use crate::{
    id::{ApplicationId, AttemptId, EndpointId, MessageId},
    message::ProfileHash,
    name::{OrderingKey, ReplaceKey},
    time::Timestamp,
};

/// Where a delivery stands. `sending` and `held` are views, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DeliveryState {
    /// Waits for its `deliverAt`.
    Scheduled = 0,
    /// Waits for its first attempt.
    Pending = 1,
    /// Waits for a further attempt.
    Retrying = 2,
    /// Arrived.
    Succeeded = 3,
    /// Given up.
    Failed = 4,
    /// Given up where the profile calls that blocked.
    Blocked = 5,
    /// Called off.
    Cancelled = 6,
    /// Never to be sent, for instance over the profile's size cap.
    Skipped = 7,
}

/// What can happen to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DeliveryEvent {
    /// An attempt succeeded.
    Succeed = 0,
    /// An attempt failed, another follows.
    Retry = 1,
    /// An attempt failed, none follows.
    Fail = 2,
    /// An attempt failed, none follows, and the profile blocks.
    Block = 3,
    /// It was called off: superseded, expired, endpoint deleted, by hand.
    Cancel = 4,
    /// It must not be sent.
    Skip = 5,
    /// Somebody asked for it to be sent (again).
    Resend = 6,
}

use DeliveryEvent as E;
use DeliveryState as S;

/// The whole state machine: a row per state, a column per event in the order of [`DeliveryEvent`].
#[rustfmt::skip]
const TABLE: [[Option<S>; 7]; 8] = {
    const WAITING: [Option<S>; 7] = [
        Some(S::Succeeded), Some(S::Retrying), Some(S::Failed), Some(S::Blocked), Some(S::Cancelled), Some(S::Skipped), Some(S::Pending),
    ];
    const ENDED: [Option<S>; 7] = [None, None, None, None, None, None, Some(S::Pending)];
    //       Scheduled Pending  Retrying Succeeded Failed Blocked Cancelled Skipped
    [WAITING, WAITING, WAITING, ENDED,    ENDED, ENDED,  ENDED,    ENDED]
};

impl DeliveryState {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        S::Scheduled,
        S::Pending,
        S::Retrying,
        S::Succeeded,
        S::Failed,
        S::Blocked,
        S::Cancelled,
        S::Skipped,
    ];

    /// The state after `event`, or none where it cannot happen.
    pub fn after(self, event: DeliveryEvent) -> Option<Self> {
        TABLE[self as usize][event as usize]
    }

    /// Whether it waits for an attempt.
    pub fn is_waiting(self) -> bool {
        matches!(self, S::Scheduled | S::Pending | S::Retrying)
    }

    /// The state with the given number, as stored.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The lower-case word for API, metrics and docs.
    pub fn as_str(self) -> &'static str {
        match self {
            S::Scheduled => "scheduled",
            S::Pending => "pending",
            S::Retrying => "retrying",
            S::Succeeded => "succeeded",
            S::Failed => "failed",
            S::Blocked => "blocked",
            S::Cancelled => "cancelled",
            S::Skipped => "skipped",
        }
    }
}

impl DeliveryEvent {
    /// All events, in the order of their numbers.
    pub const ALL: [Self; 7] = [E::Succeed, E::Retry, E::Fail, E::Block, E::Cancel, E::Skip, E::Resend];

    fn as_str(self) -> &'static str {
        match self {
            E::Succeed => "succeed",
            E::Retry => "retry",
            E::Fail => "fail",
            E::Block => "block",
            E::Cancel => "cancel",
            E::Skip => "skip",
            E::Resend => "resend",
        }
    }
}

/// The state machine as a Mermaid diagram, for the docs.
pub fn state_diagram() -> String {
    let mut diagram =
        "stateDiagram-v2\n    [*] --> scheduled: accept, deliverAt later\n    [*] --> pending: accept\n"
            .to_owned();
    for state in DeliveryState::ALL {
        for event in DeliveryEvent::ALL {
            if let Some(next) = state.after(event) {
                let (from, to, label) = (state.as_str(), next.as_str(), event.as_str());
                writeln!(diagram, "    {from} --> {to}: {label}").expect("writing to a String cannot fail");
            }
        }
    }
    diagram
}

/// Why a delivery ended without an attempt that says so, or was called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EndReason {
    /// Its endpoint was deleted.
    EndpointDeleted = 1,
    /// Its `expiresAt` passed.
    Expired = 2,
    /// Another message with the same replace key took its place.
    Superseded = 3,
    /// Somebody cancelled it.
    ByHand = 4,
    /// Larger than the profile allows.
    TooLarge = 5,
    /// Its payload was erased before it could be sent.
    PayloadGone = 6,
    /// Its endpoint was switched to test, where only what somebody sends it arrives (JOF-3).
    TestEndpoint = 7,
}

impl EndReason {
    /// The reason with the given number, as stored.
    pub fn from_number(number: u8) -> Option<Self> {
        use EndReason as R;
        let all = [
            R::EndpointDeleted,
            R::Expired,
            R::Superseded,
            R::ByHand,
            R::TooLarge,
            R::PayloadGone,
            R::TestEndpoint,
        ];
        all.into_iter().find(|reason| *reason as u8 == number)
    }

    /// The lower-case word for API and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndpointDeleted => "endpoint_deleted",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::ByHand => "by_hand",
            Self::TooLarge => "too_large",
            Self::PayloadGone => "payload_gone",
            Self::TestEndpoint => "test_endpoint",
        }
    }
}

/// Which delivery: a message to an endpoint, within an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryKey {
    /// The application.
    pub application: ApplicationId,
    /// The message.
    pub message: MessageId,
    /// The endpoint.
    pub endpoint: EndpointId,
}

/// One start of one process: what owns deliveries. Numbered by the store, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Incarnation(pub u64);

/// What set an attempt off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Trigger {
    /// The message itself, or its retry schedule.
    Scheduled = 0,
    /// A person or a recovery.
    Manual = 1,
}

/// A delivery as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which one.
    pub key: DeliveryKey,
    /// Where it stands.
    pub state: DeliveryState,
    /// When its next attempt is due, while it waits.
    pub due: Timestamp,
    /// Who has it in memory, if somebody has.
    pub owner: Option<Incarnation>,
    /// The store's order of acceptance.
    pub seq: u64,
    /// Set at ordered endpoints only: the key whose order holds (empty where the message names none).
    pub ordering: Option<String>,
    /// Attempts made so far, over all resends.
    pub attempts: u32,
    /// Retries of the schedule used since the last (re)send.
    pub retries_used: u32,
    /// What set the next attempt off.
    pub trigger: Trigger,
    /// Why it ended, where no attempt tells.
    pub reason: Option<EndReason>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it is no longer worth an attempt: its message's `expiresAt`, until somebody asks for it by hand.
    pub expires_at: Option<Timestamp>,
    /// What it can be superseded by: its message's replace key, until somebody asks for it by hand.
    pub replace_key: Option<ReplaceKey>,
    /// The wire format of an endpoint that has one of its own; none is the message's.
    pub profile: Option<ProfileHash>,
}

/// One HTTP request of a delivery, as the store keeps it. No copy of the request: a log renders it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Which delivery.
    pub delivery: DeliveryKey,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// What set it off.
    pub trigger: Trigger,
    /// The method used.
    pub method: Method,
    /// The URL called, without userinfo.
    pub url: String,
    /// Whether it counts as a success.
    pub success: bool,
    /// The status code; 0 where no answer came.
    pub status: u16,
    /// Why there was no answer: a failure kind's word and its text.
    pub failure: Option<(String, String)>,
    /// The beginning of the answer's body; none once expunged.
    pub response: Option<bytes::Bytes>,
    /// The number of the newest key that signed, if one did.
    pub key_number: Option<u32>,
    /// The wire format used.
    pub profile: ProfileHash,
}

/// The methods that a webhook can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `POST`, the default everywhere.
    #[default]
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `GET`: what tools ask a server with. No webhook can be set to it.
    #[serde(skip)]
    Get,
}

impl Method {
    /// The method as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Get => "GET",
        }
    }
}

impl std::str::FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        [Self::Post, Self::Put, Self::Patch]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(UnknownMethod)
    }
}

/// A method that webhooks do not use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be POST, PUT or PATCH")]
pub struct UnknownMethod;

/// The ordering that a message has at an ordered endpoint.
pub fn ordering_of(key: Option<&OrderingKey>) -> String {
    key.map(|key| key.as_str().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
