//! A message as somebody hands it in, before it is checked: the same fields and the same checks whether it comes
//! through the API or from a source.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    limits::{DELAY_MOST, MESSAGE_CHANNELS, MESSAGE_TAGS, RETENTION_DAYS},
    message::Payload,
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    ports::store::Named,
    time::Timestamp,
};

use super::{Audience, Post};

/// Days that a payload can be kept, at least.
const RETENTION_LEAST: u32 = 5;

/// A message as somebody hands it in: texts are names already, the rest is as it came.
#[derive(Debug)]
pub struct Draft {
    /// What happened.
    pub event_type: EventTypeName,
    /// The platform's own id of the event.
    pub event_id: Option<EventId>,
    /// Labels that endpoints can filter by; an empty list is a mistake.
    pub channels: Option<BTreeSet<Channel>>,
    /// Labels for finding it again.
    pub tags: Option<BTreeSet<Tag>>,
    /// What it says: JSON.
    pub payload: Bytes,
    /// Days that the payload is kept.
    pub payload_retention_days: Option<u32>,
    /// When it is to be delivered.
    pub deliver_at: Option<Timestamp>,
    /// Seconds to wait before it is delivered, instead.
    pub delay_seconds: Option<u32>,
    /// When it is no longer worth delivering.
    pub expires_at: Option<Timestamp>,
    /// What it is ordered by at ordered endpoints.
    pub ordering_key: Option<OrderingKey>,
    /// What it has in common with messages that it supersedes, or that supersede it.
    pub replace_key: Option<ReplaceKey>,
}

/// Which field of a draft cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct InvalidDraft {
    /// The field as the API calls it.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Draft {
    /// The post, for subscribers; `now` is what delays count from.
    pub fn post(
        self,
        environment: EnvironmentId,
        application: Named<ApplicationId>,
        now: Timestamp,
    ) -> Result<Post, InvalidDraft> {
        let deliver_at = self.delivery_time(now)?;
        if self.payload.first() != Some(&b'{') {
            return Err(invalid("payload", "must be a JSON object"));
        }
        Ok(Post {
            payload_retention_days: retention(self.payload_retention_days)?,
            channels: counted("channels", self.channels, 1, MESSAGE_CHANNELS)?,
            tags: counted("tags", self.tags, 0, MESSAGE_TAGS)?,
            environment,
            application,
            event_type: self.event_type,
            event_id: self.event_id,
            payload: Payload::Json(self.payload),
            deliver_at,
            expires_at: self.expires_at,
            ordering_key: self.ordering_key,
            replace_key: self.replace_key,
            idempotency: None,
            audience: Audience::Subscribers,
        })
    }

    fn delivery_time(&self, now: Timestamp) -> Result<Option<Timestamp>, InvalidDraft> {
        let (field, at) = match (self.deliver_at, self.delay_seconds) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(invalid("delaySeconds", "give either deliverAt or delaySeconds, not both"));
            }
            (Some(at), None) => ("deliverAt", at),
            (None, Some(seconds)) => ("delaySeconds", now + Duration::from_secs(seconds.into())),
        };
        if at.since(now) > DELAY_MOST {
            let days = DELAY_MOST.as_secs() / 86_400;
            return Err(invalid(field, format!("must be at most {days} days ahead")));
        }
        Ok(Some(at))
    }
}

fn retention(days: Option<u32>) -> Result<u32, InvalidDraft> {
    let days = days.unwrap_or(RETENTION_DAYS);
    if (RETENTION_LEAST..=RETENTION_DAYS).contains(&days) {
        return Ok(days);
    }
    Err(invalid("payloadRetentionPeriod", format!("must be {RETENTION_LEAST} to {RETENTION_DAYS} days")))
}

fn counted<T>(
    field: &'static str,
    items: Option<BTreeSet<T>>,
    least: usize,
    most: usize,
) -> Result<BTreeSet<T>, InvalidDraft> {
    match items {
        None => Ok(BTreeSet::new()),
        Some(items) if (least..=most).contains(&items.len()) => Ok(items),
        Some(_) => Err(invalid(field, format!("must be {least} to {most}"))),
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> InvalidDraft {
    InvalidDraft { field, message: message.into() }
}
