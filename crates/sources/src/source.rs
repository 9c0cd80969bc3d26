//! The port of a source: what a table, a stream or a broker must be able to do to hand events over.
//!
//! A source knows nothing of the engine, and the [`feed`](crate::feed) knows nothing of the source. To add one
//! (Kafka, AMQP) is to write one more file that implements [`Source`].

use std::time::Duration;

use async_trait::async_trait;
use fanfare_engine::accept::{Draft, InvalidDraft};

/// An event as a source hands it over.
#[derive(Debug)]
pub struct Event<H> {
    /// What the source knows it by, to settle it.
    pub handle: H,
    /// What makes it known when it comes again: the same bytes for the same event, and for no other.
    pub key: [u8; 32],
    /// What it says, or why that cannot be read.
    pub content: Result<Content, String>,
}

/// What an event says.
#[derive(Debug)]
pub struct Content {
    /// The application, by its id or uid.
    pub application: String,
    /// The message.
    pub draft: Draft,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is in the store.
    Accepted,
    /// It can never be accepted: it goes to the source's dead letters, with the reason.
    Dead(String),
}

/// Why a source could not do what was asked; it is asked again, from the start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// What waits in a source, as far as it knows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Lag {
    /// How long its oldest event waits.
    pub age: Duration,
    /// Events that wait, where the source can tell.
    pub events: Option<u64>,
}

/// Where events come from.
#[async_trait]
pub trait Source: Send {
    /// What this source knows an event by.
    type Handle: Send + Sync;

    /// The next events in their order, at most [`SOURCE_BATCH`](fanfare_core::limits::SOURCE_BATCH) and about
    /// [`SOURCE_BATCH_BYTES`](fanfare_core::limits::SOURCE_BATCH_BYTES); none where nothing waits, or where it is
    /// another node's turn. What was handed over and not settled comes again, in its order.
    async fn pull(&mut self) -> Result<Vec<Event<Self::Handle>>, SourceError>;

    /// Settles all of what was pulled last: what is accepted is in the store for good, what is dead goes to the
    /// dead letters before it leaves the source.
    async fn settle(&mut self, settled: Vec<(Self::Handle, Fate)>) -> Result<(), SourceError>;

    /// How often [`Self::hold`] must be called while events are worked on.
    fn hold_every(&self) -> Option<Duration> {
        None
    }

    /// Says that these are still worked on.
    async fn hold(&mut self, _handles: &[&Self::Handle]) -> Result<(), SourceError> {
        Ok(())
    }

    /// What waited when events were last pulled.
    fn lag(&self) -> Lag;

    /// Whether only the node that leads may ask this source, so that its events keep their order.
    fn needs_the_lead(&self) -> bool {
        false
    }

    /// After a failure: lets go of what may be broken.
    fn reset(&mut self);
}

impl From<InvalidDraft> for Fate {
    fn from(invalid: InvalidDraft) -> Self {
        Self::Dead(invalid.to_string())
    }
}
