//! The loop that feeds the engine from one source: pull, accept, settle.
//!
//! What can never be accepted goes to the dead letters with its reason and holds nothing up. What cannot be
//! accepted now (the store is away, too much waits) is tried again until it is, and nothing overtakes it.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    id::EnvironmentId,
    limits::{DEAD_REASON_BYTES, SOURCE_BACKOFF, SOURCE_BACKOFF_MOST, SOURCE_KEY, SOURCE_POLL},
    ports::{Clock, Monotonic, store::Named},
    time::Timestamp,
};
use fanfare_engine::{
    Engine,
    accept::{Post, PostError, Posted},
};
use tokio_util::sync::CancellationToken;

use crate::{
    metrics::{Counted, Metrics},
    source::{Event, Fate, Lag, Source, SourceError},
};

/// What is said where another node's turn has come.
const NOT_OURS: &str = "this node does not lead any more";

/// What feeds the engine from one source.
pub struct Feed {
    engine: Engine,
    environment: EnvironmentId,
    name: String,
    counted: Counted,
    clock: Arc<dyn Clock>,
    failing: bool,
    /// What waited when the source last told, and when that was.
    lag: (Lag, Monotonic),
}

/// What became of the events of a batch, while it is worked on.
struct Batch<H> {
    handles: Vec<H>,
    fates: Vec<Option<Fate>>,
    /// What has no fate yet: where it stands in the batch, and its post.
    open: Vec<(usize, Post)>,
    repeated: usize,
}

impl Feed {
    /// A feed of the source called `name`, into one environment.
    pub fn new(engine: Engine, environment: EnvironmentId, name: &str, metrics: &Metrics) -> Self {
        let clock = Arc::clone(&engine.context().ports.clock);
        let counted = metrics.of(name);
        let lag = (Lag::default(), clock.monotonic());
        Self { engine, environment, name: name.to_owned(), counted, clock, failing: false, lag }
    }

    /// Feeds until `stop`. What is under way then is finished where the store takes it; all else stays in the
    /// source. To drop this is a crash, and does no more harm than one.
    pub async fn run<S: Source>(mut self, mut source: S, stop: CancellationToken) {
        let mut backoff = SOURCE_BACKOFF;
        while !stop.is_cancelled() {
            if !self.may_read(&source) {
                source.reset();
                self.note_lag(Lag { age: Duration::ZERO, events: self.lag.0.events.map(|_| 0) });
                self.wait(SOURCE_POLL, &stop).await;
                continue;
            }
            let wait = match self.step(&mut source, &stop).await {
                Ok(taken) => {
                    self.note_recovery();
                    backoff = SOURCE_BACKOFF;
                    if taken > 0 { continue } else { SOURCE_POLL }
                }
                Err(error) => {
                    self.note_failure(&error.0);
                    source.reset();
                    doubled(&mut backoff)
                }
            };
            self.wait(wait, &stop).await;
        }
    }

    /// Whether it is this node's turn. What a node without the lead keeps to itself, others wait for.
    fn may_read<S: Source>(&self, source: &S) -> bool {
        !source.needs_the_lead() || self.engine.leads()
    }

    /// One batch, from the source to the store; how many events it had.
    async fn step<S: Source>(
        &mut self,
        source: &mut S,
        stop: &CancellationToken,
    ) -> Result<usize, SourceError> {
        let events = source.pull().await?;
        self.note_lag(source.lag());
        if events.is_empty() {
            return Ok(0);
        }
        let mut batch = Batch::of(events, self.environment, self.engine.now());
        let mut backoff = SOURCE_BACKOFF;
        while let Some(reason) = self.post(&mut batch, source).await {
            self.note_failure(&reason);
            let wait = doubled(&mut backoff).min(source.hold_every().unwrap_or(Duration::MAX));
            self.wait(wait, stop).await;
            if stop.is_cancelled() {
                return Ok(0);
            }
            if !self.may_read(source) {
                return Err(SourceError(NOT_OURS.to_owned()));
            }
            self.hold(&batch, source).await;
        }
        self.settle(batch, source).await
    }

    /// Posts what is open; why some of it still is, if so.
    async fn post<S: Source>(&mut self, batch: &mut Batch<S::Handle>, source: &mut S) -> Option<String> {
        let posts: Vec<Post> = batch.open.iter().map(|(_, post)| post.clone()).collect();
        let engine = self.engine.clone();
        let posting = engine.post_all(&posts);
        tokio::pin!(posting);
        let answers = loop {
            let every = source.hold_every();
            tokio::select! {
                biased;
                answers = &mut posting => break answers,
                () = self.clock.sleep(every.unwrap_or(Duration::MAX)), if every.is_some() => {}
            }
            if !self.may_read(source) {
                return Some(NOT_OURS.to_owned());
            }
            self.hold(batch, source).await;
        };
        batch.note(answers)
    }

    async fn hold<S: Source>(&self, batch: &Batch<S::Handle>, source: &mut S) {
        if source.hold_every().is_none() || !self.may_read(source) {
            return;
        }
        let handles: Vec<_> = batch.handles.iter().collect();
        if let Err(error) = source.hold(&handles).await {
            // They may come again before they are settled, and are known then.
            tracing::debug!(source = self.name, %error, "could not hold what is under way");
        }
    }

    async fn settle<S: Source>(
        &mut self,
        batch: Batch<S::Handle>,
        source: &mut S,
    ) -> Result<usize, SourceError> {
        let fates: Vec<Fate> = batch.fates.into_iter().flatten().collect();
        let (all, repeated) = (fates.len(), batch.repeated);
        let dead: Vec<_> = fates.iter().filter(|fate| **fate != Fate::Accepted).cloned().collect();
        source.settle(batch.handles.into_iter().zip(fates).collect()).await?;
        self.counted.settled(all - dead.len() - repeated, repeated, dead.len());
        if let Some(Fate::Dead(reason)) = dead.first() {
            let events = dead.len();
            tracing::warn!(source = self.name, events, reason, "events went to the dead letters");
        }
        Ok(all)
    }

    async fn wait(&self, wait: Duration, stop: &CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.clock.sleep(wait) => {}
        }
    }

    fn note_lag(&mut self, lag: Lag) {
        self.lag = (lag, self.clock.monotonic());
        self.counted.lag(lag);
    }

    fn note_failure(&mut self, reason: &str) {
        self.counted.failed();
        let (Lag { age, events }, told) = self.lag;
        self.counted.lag(Lag { age: age + self.clock.monotonic().since(told), events });
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(
                source = self.name,
                reason,
                "a source stands still; it is tried again until it goes on"
            );
        }
    }

    fn note_recovery(&mut self) {
        if std::mem::replace(&mut self.failing, false) {
            tracing::info!(source = self.name, "the source goes on");
        }
    }
}

impl<H> Batch<H> {
    fn of(events: Vec<Event<H>>, environment: EnvironmentId, now: Timestamp) -> Self {
        let mut batch = Self { handles: Vec::new(), fates: Vec::new(), open: Vec::new(), repeated: 0 };
        for (at, event) in events.into_iter().enumerate() {
            batch.fates.push(match post(event.content, event.key, environment, now) {
                Ok(post) => {
                    batch.open.push((at, post));
                    None
                }
                Err(reason) => Some(dead(reason)),
            });
            batch.handles.push(event.handle);
        }
        batch
    }

    /// Notes the answers to what is open; why some of it still is, if so.
    fn note(&mut self, answers: Vec<Result<Posted, PostError>>) -> Option<String> {
        let mut why = None;
        let open = std::mem::take(&mut self.open);
        for ((at, post), answer) in open.into_iter().zip(answers) {
            self.fates[at] = match answer {
                Ok(Posted::Stored(_)) => Some(Fate::Accepted),
                Ok(Posted::Repeated(_)) => {
                    self.repeated += 1;
                    Some(Fate::Accepted)
                }
                Err(error @ (PostError::Overloaded | PostError::Store(_))) => {
                    why = Some(error.to_string());
                    self.open.push((at, post));
                    None
                }
                Err(error) => Some(dead(reason(&error))),
            };
        }
        why
    }
}

fn post(
    content: Result<crate::source::Content, String>,
    key: [u8; 32],
    environment: EnvironmentId,
    now: Timestamp,
) -> Result<Post, String> {
    let content = content?;
    let application = Named::parse(&content.application)
        .map_err(|error| format!("the application cannot be called so: {error}"))?;
    let mut post = content.draft.post(environment, application, now).map_err(|error| error.to_string())?;
    post.idempotency = Some((key, now + SOURCE_KEY));
    Ok(post)
}

fn reason(error: &PostError) -> String {
    let PostError::PayloadInvalid(mistakes) = error else { return error.to_string() };
    let told: Vec<_> =
        mistakes.iter().map(|one| format!("{}: {}", one.path.join("."), one.message)).collect();
    format!("{error}: {}", told.join("; "))
}

/// Reasons are for people, and bounded.
fn dead(mut reason: String) -> Fate {
    reason.truncate(reason.floor_char_boundary(DEAD_REASON_BYTES));
    Fate::Dead(reason)
}

fn doubled(backoff: &mut Duration) -> Duration {
    let wait = *backoff;
    *backoff = (wait * 2).min(SOURCE_BACKOFF_MOST);
    wait
}
