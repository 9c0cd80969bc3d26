//! What is told of a delivery, made from what was just written.

use std::time::Duration;

use fanfare_core::{
    delivery::{Attempt, DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Trigger},
    id::{AttemptId, EnvironmentId},
    message::Message,
    name::EventTypeName,
    ports::store::{NewDelivery, Record, Recorded, Resend},
    time::Timestamp,
};

use crate::engine::Parts;

/// What is told of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The environment.
    pub environment: EnvironmentId,
    /// Which delivery.
    pub key: DeliveryKey,
    /// The message's type.
    pub event_type: EventTypeName,
    /// Where it stands now.
    pub state: DeliveryState,
    /// Why it ended, where no attempt tells.
    pub reason: Option<EndReason>,
    /// When its next attempt is due, while it waits.
    pub due: Option<Timestamp>,
    /// The attempt that brought it there, if one did.
    pub attempt: Option<AttemptSummary>,
    /// When this was.
    pub at: Timestamp,
}

/// An attempt in short.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptSummary {
    /// Its id.
    pub id: AttemptId,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// What set it off.
    pub trigger: Trigger,
    /// Whether it counts as a success.
    pub success: bool,
    /// The status code; 0 where no answer came.
    pub status: u16,
    /// The kind of failure, where no answer came.
    pub failure: Option<String>,
}

impl From<&Attempt> for AttemptSummary {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id,
            at: attempt.at,
            duration: attempt.duration,
            trigger: attempt.trigger,
            success: attempt.success,
            status: attempt.status,
            failure: attempt.failure.as_ref().map(|(kind, _)| kind.clone()),
        }
    }
}

/// Deliveries were written with their message, or by its fan-out.
pub(crate) fn accepted(parts: &Parts, message: &Message, deliveries: &[NewDelivery], at: Timestamp) {
    if !parts.updates.are_followed() {
        return;
    }
    for delivery in deliveries {
        parts.updates.tell(Change {
            environment: message.environment,
            key: DeliveryKey {
                application: message.application,
                message: message.id,
                endpoint: delivery.endpoint,
            },
            event_type: message.event_type.clone(),
            state: delivery.state,
            reason: None,
            due: delivery.state.is_waiting().then_some(delivery.due),
            attempt: None,
            at,
        });
    }
}

/// An outcome was recorded.
pub(crate) fn recorded(parts: &Parts, record: &Record, event_type: &EventTypeName, answer: Recorded) {
    if !parts.updates.are_followed() {
        return;
    }
    let (event, reason) = match answer {
        Recorded::Superseded => (DeliveryEvent::Cancel, Some(EndReason::Superseded)),
        Recorded::Applied | Recorded::Late => (record.event, record.reason),
    };
    // Whatever it waited for, the outcome decides.
    let Some(state) = DeliveryState::Pending.after(event) else { return };
    parts.updates.tell(Change {
        environment: record.environment,
        key: record.key,
        event_type: event_type.clone(),
        state,
        reason,
        due: record.due.filter(|_| state.is_waiting()),
        attempt: record.attempt.as_ref().map(Into::into),
        at: record.at,
    });
}

/// A delivery was queued to be sent again.
pub(crate) fn resent(parts: &Parts, environment: EnvironmentId, resend: &Resend, event_type: &EventTypeName) {
    if !parts.updates.are_followed() {
        return;
    }
    parts.updates.tell(Change {
        environment,
        key: resend.key,
        event_type: event_type.clone(),
        state: DeliveryState::Pending,
        reason: None,
        due: Some(resend.at),
        attempt: None,
        at: resend.at,
    });
}

/// A delivery was called off by hand.
pub(crate) fn cancelled(parts: &Parts, key: DeliveryKey, message: &Message, at: Timestamp) {
    if !parts.updates.are_followed() {
        return;
    }
    let Some(state) = DeliveryState::Pending.after(DeliveryEvent::Cancel) else { return };
    parts.updates.tell(Change {
        environment: message.environment,
        key,
        event_type: message.event_type.clone(),
        state,
        reason: Some(EndReason::ByHand),
        due: None,
        attempt: None,
        at,
    });
}
