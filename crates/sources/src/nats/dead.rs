//! Messages that can never be accepted, published to the subject of the dead letters as they came, with the reason.

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
    let mut headers = message.headers.clone().unwrap_or_default();
    // The id that it came with would make the dead letters' stream drop a second one as a duplicate.
    if let Some(id) = headers.get(NATS_MESSAGE_ID).cloned() {
        headers.insert("Fanfare-Message-Id", id);
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

/// Header values have no line ends.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
