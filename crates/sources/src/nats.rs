//! NATS JetStream as a source: a durable pull consumer whose messages are acknowledged only when they are in
//! Fanfare's store.
//!
//! A message that comes again is known by its id. A message that can never be accepted is published to the subject of
//! the dead letters, with the reason in its headers, and only when a stream has confirmed that it is ended
//! (`term`). Messages stay in the stream's order: a batch is held (`in progress`) until all of it is in the store, and
//! after a failure nothing new is asked for until what was under way has come again.

mod dead;
mod pull;
mod session;
mod settings;

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{self, AckKind};
use async_trait::async_trait;
use fanfare_core::{
    limits::SOURCE_WAIT,
    ports::{Clock, Monotonic},
    time::Timestamp,
};
use futures::future::try_join_all;
use sha2::{Digest as _, Sha256};

use self::session::Session;
pub use self::settings::{InvalidSettings, NatsAccess, NatsSettings};
use crate::{
    document,
    source::{Content, Event, Fate, Lag, Source, SourceError},
    within::within,
};

/// How often it is asked whether what was under way before has come again.
const LOOK: Duration = Duration::from_secs(1);
/// What errors call it.
const WHAT: &str = "the stream";

/// One stream of a NATS server or cluster.
pub struct Nats {
    settings: NatsSettings,
    clock: Arc<dyn Clock>,
    session: Option<Session>,
    lag: Lag,
}

impl Nats {
    /// The stream that the settings name.
    pub fn new(settings: NatsSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock, session: None, lag: Lag::default() }
    }

    async fn open(&mut self) -> Result<&mut Session, SourceError> {
        if self.session.is_none() {
            let opening = Box::pin(Session::open(&self.settings, self.clock.monotonic()));
            self.session = Some(within(&*self.clock, SOURCE_WAIT, WHAT, opening).await?);
        }
        self.session.as_mut().ok_or_else(|| SourceError(format!("{WHAT} was let go of")))
    }

    /// Whether what others or an earlier session left under way may still come again later than what is new.
    async fn must_wait(&mut self) -> Result<bool, SourceError> {
        let (clock, now) = (Arc::clone(&self.clock), self.clock.monotonic());
        let session = self.open().await?;
        let Some(until) = session.quiet_until else { return Ok(false) };
        let pending = async { session.consumer.get_info().await.map(|info| info.num_ack_pending) };
        if now >= until || within(&*clock, SOURCE_WAIT, WHAT, pending).await? == 0 {
            session.quiet_until = None;
            return Ok(false);
        }
        clock.sleep(LOOK.min(Duration::from_micros(until_in_micros(until, now)))).await;
        Ok(true)
    }

    fn note_lag(&mut self, messages: &[jetstream::Message], now: Timestamp) {
        let ends = messages.first().zip(messages.last()).map(|(first, last)| (first.info(), last.info()));
        self.lag = match ends {
            Some((Ok(first), Ok(last))) => {
                let published = i64::try_from(first.published.unix_timestamp_nanos() / 1_000);
                let age = now.since(Timestamp(published.unwrap_or(i64::MAX)));
                Lag { age, events: Some(last.pending + messages.len() as u64) }
            }
            _ => Lag { age: Duration::ZERO, events: Some(0) },
        };
    }
}

fn until_in_micros(until: Monotonic, now: Monotonic) -> u64 {
    u64::try_from(until.since(now).as_micros()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Source for Nats {
    type Handle = jetstream::Message;

    async fn pull(&mut self) -> Result<Vec<Event<jetstream::Message>>, SourceError> {
        if self.must_wait().await? {
            return Ok(Vec::new());
        }
        let clock = Arc::clone(&self.clock);
        let session = self.open().await?;
        let messages = pull::next(&session.consumer, &*clock).await?;
        let life = session.life.clone();
        self.note_lag(&messages, clock.now());
        messages.into_iter().map(|message| event(message, &life)).collect()
    }

    async fn settle(&mut self, settled: Vec<(jetstream::Message, Fate)>) -> Result<(), SourceError> {
        let clock = Arc::clone(&self.clock);
        let Some(session) = &self.session else { return Err(SourceError(format!("{WHAT} was let go of"))) };
        let settling = async {
            dead::publish(session, &settled).await?;
            acknowledge(&settled).await
        };
        within(&*clock, SOURCE_WAIT, WHAT, settling).await
    }

    fn hold_every(&self) -> Option<Duration> {
        self.session.as_ref().map(|session| session.ack_wait / 3)
    }

    async fn hold(&mut self, handles: &[&jetstream::Message]) -> Result<(), SourceError> {
        let holding = try_join_all(handles.iter().map(|message| message.ack_with(AckKind::Progress)));
        within(&*self.clock, SOURCE_WAIT, WHAT, holding).await.map(drop)
    }

    fn lag(&self) -> Lag {
        self.lag
    }

    fn needs_the_lead(&self) -> bool {
        true
    }

    fn reset(&mut self) {
        self.session = None;
    }
}

/// Acknowledges all; the server has read each acknowledgement when it answers the last.
async fn acknowledge(settled: &[(jetstream::Message, Fate)]) -> Result<(), SourceError> {
    let Some(((last, fate), rest)) = settled.split_last() else { return Ok(()) };
    let failed = |error: async_nats::Error| SourceError(format!("cannot acknowledge: {error}"));
    for (message, fate) in rest {
        message.ack_with(kind(fate)).await.map_err(failed)?;
    }
    last.double_ack_with(kind(fate)).await.map_err(failed)
}

fn kind(fate: &Fate) -> AckKind {
    match fate {
        Fate::Accepted => AckKind::Ack,
        Fate::Dead(_) => AckKind::Term,
    }
}

/// A message as an event. Its key is that of its id: `Nats-Msg-Id`, else the document's `eventId`, else its place in
/// this life of the stream.
fn event(message: jetstream::Message, life: &str) -> Result<Event<jetstream::Message>, SourceError> {
    let info = message.info().map_err(|error| SourceError(format!("no message of a stream: {error}")))?;
    let content = document::read(&message.payload);
    let header =
        message.headers.as_ref().and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID));
    let document_id = |content: &Content| content.draft.event_id.as_ref().map(|id| id.as_str().to_owned());
    let (kind, id) = match (header, content.as_ref().ok().and_then(document_id)) {
        (Some(id), _) => ("id", id.as_str().to_owned()),
        (None, Some(id)) => ("event", id),
        (None, None) => ("place", format!("{life} {}", info.stream_sequence)),
    };
    let key = Sha256::new()
        .chain_update(format!("fanfare nats\0{}\0{kind}\0", info.stream))
        .chain_update(id)
        .finalize()
        .into();
    Ok(Event { key, content, handle: message })
}
