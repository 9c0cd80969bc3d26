//! A message as it is posted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    limits::{DELAY_MOST, MESSAGE_CHANNELS, MESSAGE_TAGS, RETENTION_DAYS},
    message::Payload,
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    ports::store::Named,
    time::Timestamp,
};
use fanfare_engine::accept::{Audience, Post};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{error::ApiError, v1::application::wire::ApplicationIn};

/// Days that a payload can be kept, at least.
const RETENTION_LEAST: u32 = 5;

/// A message to be posted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageIn<'a> {
    /// What happened: a name of the catalogue, or any other.
    #[schema(value_type = String, max_length = 256, pattern = r"^[a-zA-Z0-9\-_.]+$")]
    event_type: EventTypeName,
    /// What it says: a JSON object, delivered byte by byte as it is here. `data` is another name for it.
    #[serde(borrow, alias = "data")]
    #[schema(value_type = Object)]
    payload: &'a RawValue,
    /// Your own id of the event: posting it twice is 409.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[a-zA-Z0-9\-_.]+$")]
    event_id: Option<EventId>,
    /// Labels that endpoints can filter by, 1 to 5.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    channels: Option<BTreeSet<Channel>>,
    /// Labels for finding it again, at most 10.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    tags: Option<BTreeSet<Tag>>,
    /// Days that the payload is kept from when it is to be delivered, 5 to 90.
    #[serde(default)]
    #[schema(minimum = 5, maximum = 90, default = 90)]
    payload_retention_period: Option<u32>,
    /// When it is to be delivered, at most 30 days ahead.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_at: Option<Timestamp>,
    /// Seconds to wait before it is delivered, instead of `deliverAt`.
    #[serde(default)]
    delay_seconds: Option<u32>,
    /// When it is no longer worth delivering.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it is ordered by at ordered endpoints.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    ordering_key: Option<OrderingKey>,
    /// What it has in common with others: one that supersedes (any does, unless the profile says otherwise)
    /// cancels what still waits of older messages with this key, in the whole application.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    replace_key: Option<ReplaceKey>,
    /// More about the body that is delivered.
    #[serde(default)]
    transformations_params: Option<TransformationsParams>,
    /// Makes the application where the path names none by its uid.
    #[serde(default)]
    pub(crate) application: Option<ApplicationIn>,
}

/// More about the body that is delivered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransformationsParams {
    /// Replaces the whole body.
    #[serde(default)]
    raw_payload: Option<String>,
    /// Only a content type of `application/json` is supported.
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
}

impl MessageIn<'_> {
    /// The post; `body` is what this was parsed from, so that the payload shares its bytes.
    pub(crate) fn post(
        self,
        body: &Bytes,
        environment: EnvironmentId,
        application: Named<ApplicationId>,
        now: Timestamp,
    ) -> Result<Post, ApiError> {
        let deliver_at = self.delivery_time(now)?;
        Ok(Post {
            payload: self.payload(body)?,
            payload_retention_days: self.retention()?,
            channels: counted("channels", self.channels, 1, MESSAGE_CHANNELS)?,
            tags: counted("tags", self.tags, 0, MESSAGE_TAGS)?,
            environment,
            application,
            event_type: self.event_type,
            event_id: self.event_id,
            deliver_at,
            expires_at: self.expires_at,
            ordering_key: self.ordering_key,
            replace_key: self.replace_key,
            idempotency: None,
            audience: Audience::Subscribers,
        })
    }

    fn payload(&self, body: &Bytes) -> Result<Payload, ApiError> {
        let text = self.payload.get();
        if !text.starts_with('{') {
            let loc = vec!["body".to_owned(), "payload".to_owned()];
            return Err(ApiError::validation(loc, "must be a JSON object".to_owned(), "type_error"));
        }
        let Some(params) = &self.transformations_params else { return Ok(Payload::Json(share(body, text))) };
        params.check_headers()?;
        Ok(match &params.raw_payload {
            Some(raw) => Payload::Raw(Bytes::copy_from_slice(raw.as_bytes())),
            None => Payload::Json(share(body, text)),
        })
    }

    fn retention(&self) -> Result<u32, ApiError> {
        let days = self.payload_retention_period.unwrap_or(RETENTION_DAYS);
        if (RETENTION_LEAST..=RETENTION_DAYS).contains(&days) {
            return Ok(days);
        }
        let msg = format!("must be {RETENTION_LEAST} to {RETENTION_DAYS} days");
        Err(ApiError::invalid(&["body", "payloadRetentionPeriod"], msg))
    }

    fn delivery_time(&self, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
        let (field, at) = match (self.deliver_at, self.delay_seconds) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let msg = "give either deliverAt or delaySeconds, not both";
                return Err(ApiError::invalid(&["body", "delaySeconds"], msg));
            }
            (Some(at), None) => ("deliverAt", at),
            (None, Some(seconds)) => ("delaySeconds", now + Duration::from_secs(seconds.into())),
        };
        if at.since(now) > DELAY_MOST {
            let msg = format!("must be at most {} days ahead", DELAY_MOST.as_secs() / 86_400);
            return Err(ApiError::invalid(&["body", field], msg));
        }
        Ok(Some(at))
    }
}

impl TransformationsParams {
    fn check_headers(&self) -> Result<(), ApiError> {
        let other = self.headers.iter().flatten().find(|(name, value)| {
            !(name.eq_ignore_ascii_case("content-type") && value.eq_ignore_ascii_case("application/json"))
        });
        match other {
            None => Ok(()),
            Some((name, _)) => {
                let loc = ["body", "transformationsParams", "headers", name];
                Err(ApiError::invalid(&loc, "is not supported by this version"))
            }
        }
    }
}

/// A part of the body that shares its memory; a copy where the body is more than twice as large, which would
/// be held in memory with it and is counted nowhere.
fn share(body: &Bytes, text: &str) -> Bytes {
    if text.len() < body.len() / 2 {
        Bytes::copy_from_slice(text.as_bytes())
    } else {
        body.slice_ref(text.as_bytes())
    }
}

fn counted<T>(
    field: &str,
    items: Option<BTreeSet<T>>,
    least: usize,
    most: usize,
) -> Result<BTreeSet<T>, ApiError> {
    match items {
        None => Ok(BTreeSet::new()),
        Some(items) if (least..=most).contains(&items.len()) => Ok(items),
        Some(_) => Err(ApiError::invalid(&["body", field], format!("must be {least} to {most}"))),
    }
}

#[cfg(test)]
mod tests;
