//! A delivery as a row of the live page: as the store has it, or as an update tells.

use std::time::Duration;

use fanfare_core::{
    delivery::{Delivery, DeliveryKey, DeliveryState, EndReason},
    name::EventTypeName,
    ports::store::{AttemptFilter, AttemptsOf, PageQuery},
    time::Timestamp,
};
use fanfare_engine::{configuration::ApplicationView, updates::Change};
use maud::{Markup, html};

use crate::{
    desk::Desk,
    refusal::Refusal,
    view::{answer, clock, duration, standing},
};

/// A delivery.
pub(super) struct Row {
    key: DeliveryKey,
    event_type: EventTypeName,
    state: DeliveryState,
    reason: Option<EndReason>,
    due: Option<Timestamp>,
    last: Option<Last>,
    /// When it last changed.
    pub(super) at: Timestamp,
}

/// Its last attempt.
struct Last {
    success: bool,
    status: u16,
    failure: Option<String>,
    duration: Duration,
}

impl Row {
    /// A delivery as it stands; none where its message was erased meanwhile.
    pub(super) async fn read(desk: &Desk, delivery: Delivery) -> Result<Option<Self>, Refusal> {
        let (store, key) = (desk.console.engine.context().store(), delivery.key);
        let Some(message) = store.message(key.application, key.message, false).await? else {
            return Ok(None);
        };
        let here = AttemptFilter { endpoint: Some(key.endpoint), ..AttemptFilter::default() };
        let newest = PageQuery { seek: None, descending: true, limit: 1 };
        let attempts =
            store.attempts(key.application, AttemptsOf::Message(key.message), here, newest).await?;
        let last = attempts.items.into_iter().next().map(|attempt| Last {
            success: attempt.success,
            status: attempt.status,
            failure: attempt.failure.map(|(kind, _)| kind),
            duration: attempt.duration,
        });
        let due = delivery.state.is_waiting().then_some(delivery.due);
        let Delivery { state, reason, updated_at: at, .. } = delivery;
        Ok(Some(Self { key, event_type: message.event_type.clone(), state, reason, due, last, at }))
    }

    pub(super) fn told(change: &Change) -> Self {
        Self {
            key: change.key,
            event_type: change.event_type.clone(),
            state: change.state,
            reason: change.reason,
            due: change.due,
            last: change.attempt.as_ref().map(|attempt| Last {
                success: attempt.success,
                status: attempt.status,
                failure: attempt.failure.clone(),
                duration: attempt.duration,
            }),
            at: change.at,
        }
    }

    /// Endpoints are called by the URLs that they have now.
    pub(super) fn render(&self, desk: &Desk, application: Option<&ApplicationView>) -> Markup {
        let DeliveryKey { message, endpoint, .. } = self.key;
        let view = application.and_then(|application| application.endpoint(endpoint));
        html! {
            tr data-delivery=(format!("{message}-{endpoint}")) {
                td { (clock(self.at)) }
                td {
                    span.meta {
                        (standing(self.state, self.reason))
                        @if let Some(last) = &self.last { (answer(last.success, last.status, last.failure.as_deref())) span { (duration(last.duration)) } }
                    }
                    @if let Some(due) = self.due.filter(|due| *due > self.at) { p.why { "Next attempt at " (clock(due)) } }
                }
                th scope="row" {
                    a href=(desk.href(&format!("/messages/{message}"))) { code { (self.event_type) } }
                    p.why { @match view {
                        Some(view) => a href=(desk.href(&format!("/endpoints/{endpoint}"))) { (view.endpoint.url) },
                        None => "to a deleted endpoint",
                    } }
                }
            }
        }
    }
}
