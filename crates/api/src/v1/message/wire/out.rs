//! A message as answers show it.

use fanfare_core::{
    message::{Message, Payload},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::error::ApiError;

const NOTHING: &str = "{}";
const EXPUNGED: &str = r#"{"expired":true}"#;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageOut<'a> {
    /// Its id.
    #[schema(value_type = String)]
    id: fanfare_core::id::MessageId,
    /// Your own id of the event.
    event_id: Option<&'a str>,
    /// What happened.
    event_type: &'a str,
    /// What it says, as it was posted: `{}` where content is not wanted, `{"expired":true}` once erased.
    #[schema(value_type = Object)]
    payload: &'a RawValue,
    /// What replaces the delivered body, if something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_payload: Option<&'a str>,
    /// Labels that endpoints can filter by.
    channels: Option<Vec<&'a str>>,
    /// Labels for finding it again.
    tags: Option<Vec<&'a str>>,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// When it is to be delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_at: Option<Timestamp>,
    /// When it is no longer worth delivering.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it is ordered by at ordered endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordering_key: Option<&'a str>,
    /// What it has in common with messages that it supersedes, or that supersede it.
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_key: Option<&'a str>,
}

impl<'a> MessageOut<'a> {
    /// With its payload, or without it.
    pub(crate) fn of(message: &'a Message, with_content: bool) -> Result<Self, ApiError> {
        let (payload, raw_payload) = content(&message.payload, with_content)?;
        let channels: Vec<_> = message.channels.iter().map(|channel| channel.as_str()).collect();
        let tags: Vec<_> = message.tags.iter().map(|tag| tag.as_str()).collect();
        Ok(Self {
            id: message.id,
            event_id: message.event_id.as_ref().map(|id| id.as_str()),
            event_type: message.event_type.as_str(),
            payload,
            raw_payload,
            channels: (!channels.is_empty()).then_some(channels),
            tags: (!tags.is_empty()).then_some(tags),
            timestamp: message.created_at,
            deliver_at: message.deliver_at,
            expires_at: message.expires_at,
            ordering_key: message.ordering_key.as_ref().map(|key| key.as_str()),
            replace_key: message.replace_key.as_ref().map(|key| key.as_str()),
        })
    }
}

/// The payload to show, and the raw body if there is one. A raw body that is a JSON object is both.
fn content(payload: &Payload, with_content: bool) -> Result<(&RawValue, Option<&str>), ApiError> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|error| ApiError::internal(error.to_string()));
    match payload {
        _ if !with_content => Ok((raw(NOTHING)?, None)),
        Payload::Json(bytes) => Ok((raw(text(bytes)?)?, None)),
        Payload::Raw(bytes) => {
            let body = text(bytes)?;
            let object = raw(body).ok().filter(|value| value.get().starts_with('{'));
            Ok((object.map_or_else(|| raw(NOTHING), Ok)?, Some(body)))
        }
        Payload::Expunged => Ok((raw(EXPUNGED)?, None)),
    }
}

fn raw(text: &str) -> Result<&RawValue, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::internal(format!("a stored payload: {error}")))
}
