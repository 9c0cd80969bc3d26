//! What waits for the consumer, batch by batch.

use std::time::Duration;

use async_nats::jetstream::{self, consumer::PullConsumer};
use fanfare_core::{
    limits::{SOURCE_BATCH, SOURCE_BATCH_BYTES},
    ports::Clock,
};
use futures::StreamExt as _;

use crate::{source::SourceError, within::within};

/// How long the messages that are there may take to arrive.
const ARRIVE: Duration = Duration::from_secs(5);
/// What the server says where one more message would be too much.
const TOO_LARGE: &str = "MaxBytes";

/// The messages that are there, at most a batch.
pub(super) async fn next(
    consumer: &PullConsumer,
    clock: &dyn Clock,
) -> Result<Vec<jetstream::Message>, SourceError> {
    let what = "cannot fetch messages";
    let messages = within(clock, ARRIVE, what, fetch(consumer, SOURCE_BATCH, SOURCE_BATCH_BYTES)).await?;
    match messages {
        Some(messages) => Ok(messages),
        // One alone is larger than that: it comes alone, whatever its size.
        None => Ok(within(clock, ARRIVE, what, fetch(consumer, 1, 0)).await?.unwrap_or_default()),
    }
}

/// None where the first message alone has more bytes than asked for.
async fn fetch(
    consumer: &PullConsumer,
    most: usize,
    bytes: usize,
) -> Result<Option<Vec<jetstream::Message>>, async_nats::Error> {
    let mut fetched = consumer.fetch().max_messages(most).max_bytes(bytes).messages().await?;
    let mut messages = Vec::new();
    while let Some(message) = fetched.next().await {
        match message {
            Ok(message) => messages.push(message),
            Err(error) if error.to_string().contains(TOO_LARGE) => {
                return Ok((!messages.is_empty()).then_some(messages));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(messages))
}
