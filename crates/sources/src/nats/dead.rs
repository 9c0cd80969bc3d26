//! Messages that can never be accepted, published to the subject of the dead letters with the reason, and otherwise
//! as they came, but for headers that tell a server what to do.

use std::collections::BTreeMap;

use async_nats::{HeaderMap, HeaderValue, header::NATS_MESSAGE_ID, jetstream};
use bytes::Bytes;

use super::session::Session;
use crate::source::{Fate, SourceError};

/// What headers may take of a message's largest size.
const HEADERS: usize = 16 * 1024;

/// Publishes those that are dead; on return a stream has confirmed each.
pub(super) async fn publish(
    session: &Session,
    settled: &[(jetstream::Message, Fate)],
) -> Result<(), SourceError> {
    let failed = |error: String| {
        SourceError(format!("cannot publish dead letters to {}: {error}", session.dead_letters))
    };
    let mut confirmations = Vec::new();
    for (message, fate) in settled {
        let Fate::Dead(reason) = fate else { continue };
        let (headers, payload) = letter(session, message, reason).map_err(failed)?;
        let subject = session.dead_letters.clone();
        let sent = session.context.publish_with_headers(subject, headers, payload).await;
        confirmations.push(sent.map_err(|error| failed(error.to_string()))?);
    }
    for confirmation in confirmations {
        confirmation.await.map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

fn letter(
    session: &Session,
    message: &jetstream::Message,
    reason: &str,
) -> Result<(HeaderMap, Bytes), String> {
    let info = message.info().map_err(|error| error.to_string())?;
    let mut headers = message.headers.as_ref().map(carried).unwrap_or_default();
    if size(&headers) > HEADERS.min(session.max_payload) / 2 {
        headers = HeaderMap::new();
        headers.insert("Fanfare-Headers", "left out: too large");
    }
    let place = format!("{}/{}/{}", session.stream, session.life, info.stream_sequence);
    headers.insert(NATS_MESSAGE_ID, HeaderValue::from(format!("fanfare-dead/{place}")));
    headers.insert("Fanfare-Reason", HeaderValue::from(one_line(reason)));
    headers.insert("Fanfare-Stream", HeaderValue::from(one_line(&session.stream)));
    headers.insert("Fanfare-Sequence", HeaderValue::from(info.stream_sequence.to_string()));
    headers.insert("Fanfare-Subject", HeaderValue::from(one_line(message.subject.as_str())));
    if message.payload.len() + HEADERS <= session.max_payload {
        return Ok((headers, message.payload.clone()));
    }
    // With its new headers it would be larger than this server takes.
    headers.insert("Fanfare-Payload", HeaderValue::from("left out: too large with these headers".to_owned()));
    Ok((headers, Bytes::new()))
}

/// The headers that it came with, without those that servers act upon: here they would make the dead letters' stream
/// refuse it, drop it as a duplicate or purge others.
fn carried(headers: &HeaderMap) -> HeaderMap {
    let mut carried = HeaderMap::new();
    let by_name: BTreeMap<&str, _> = headers.iter().map(|(name, values)| (name.as_ref(), values)).collect();
    for (name, values) in by_name {
        let name = match name.to_ascii_lowercase() {
            id if id == "nats-msg-id" => "Fanfare-Message-Id",
            order if order.starts_with("nats-") => continue,
            _ => name,
        };
        values.iter().for_each(|value| carried.append(name, value.clone()));
    }
    carried
}

/// What they take on the wire.
fn size(headers: &HeaderMap) -> usize {
    let of_one = |name: &str, values: &[HeaderValue]| {
        values.iter().map(|value| name.len() + value.as_str().len() + 4).sum::<usize>()
    };
    headers.iter().map(|(name, values)| of_one(name.as_ref(), values)).sum()
}

/// Header values have no line ends.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
