//! A message as it is posted.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    message::Payload,
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    ports::store::Named,
    time::Timestamp,
};
use fanfare_engine::accept::{Draft, Post};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{error::ApiError, v1::application::wire::ApplicationIn};

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
        let payload = share(body, self.payload.get());
        let raw = self.transformations_params.as_ref().map(TransformationsParams::raw).transpose()?.flatten();
        let draft = Draft {
            event_type: self.event_type,
            event_id: self.event_id,
            channels: self.channels,
            tags: self.tags,
            payload,
            payload_retention_days: self.payload_retention_period,
            deliver_at: self.deliver_at,
            delay_seconds: self.delay_seconds,
            expires_at: self.expires_at,
            ordering_key: self.ordering_key,
            replace_key: self.replace_key,
        };
        let mut post = draft.post(environment, application, now)?;
        if let Some(raw) = raw {
            post.payload = raw;
        }
        Ok(post)
    }
}

impl TransformationsParams {
    /// What replaces the whole body.
    fn raw(&self) -> Result<Option<Payload>, ApiError> {
        self.check_headers()?;
        Ok(self.raw_payload.as_ref().map(|raw| Payload::Raw(Bytes::copy_from_slice(raw.as_bytes()))))
    }

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

#[cfg(test)]
mod tests;
