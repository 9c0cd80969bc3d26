//! The JSON document that a broker's message holds: the fields of the API's message, and the application that a
//! request has in its path.

use std::collections::BTreeSet;

use bytes::Bytes;
use fanfare_core::{
    limits::MESSAGE_BODY_BYTES,
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    time::Timestamp,
};
use fanfare_engine::accept::Draft;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::Content;

/// A message of a broker. A field that is none of these is a mistake: nobody shall believe that it does something.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document<'a> {
    application: String,
    event_type: EventTypeName,
    #[serde(borrow)]
    payload: &'a RawValue,
    event_id: Option<EventId>,
    channels: Option<BTreeSet<Channel>>,
    tags: Option<BTreeSet<Tag>>,
    payload_retention_period: Option<u32>,
    deliver_at: Option<Timestamp>,
    delay_seconds: Option<u32>,
    expires_at: Option<Timestamp>,
    ordering_key: Option<OrderingKey>,
    replace_key: Option<ReplaceKey>,
}

/// What a document says, or why it cannot be read.
pub(crate) fn read(bytes: &[u8]) -> Result<Content, String> {
    if bytes.len() > MESSAGE_BODY_BYTES {
        return Err(format!("it has {} bytes, more than {MESSAGE_BODY_BYTES}", bytes.len()));
    }
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err("it is no JSON object".to_owned());
    }
    let document = parsed(bytes)?;
    Ok(Content {
        application: document.application,
        draft: Draft {
            event_type: document.event_type,
            event_id: document.event_id,
            channels: document.channels,
            tags: document.tags,
            payload: Bytes::copy_from_slice(document.payload.get().as_bytes()),
            payload_retention_days: document.payload_retention_period,
            deliver_at: document.deliver_at,
            delay_seconds: document.delay_seconds,
            expires_at: document.expires_at,
            ordering_key: document.ordering_key,
            replace_key: document.replace_key,
        },
    })
}

fn parsed(bytes: &[u8]) -> Result<Document<'_>, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let document =
        serde_path_to_error::deserialize(&mut reader).map_err(|error| match error.path().to_string() {
            path if path == "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        })?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(document)
}

#[cfg(test)]
mod tests;
