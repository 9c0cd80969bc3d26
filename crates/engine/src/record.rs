//! Recording: what came of attempts, written in batches like accepts are. While the store refuses, finished
//! outcomes are kept and no new attempt starts, so that what is kept stays bounded.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryKey, DeliveryState, Incarnation},
    limits::{BATCH_ITEMS, OUTCOME_QUEUE},
    name::EventTypeName,
    ports::store::{Record, Recorded, StoreError, StoreResult},
};
use tokio::sync::{Notify, mpsc};

use crate::{
    dispatch::Job,
    engine::Parts,
    metrics::{Commit, StateLabels},
    updates,
};

/// What is written about one delivery.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// An outcome.
    Outcome(Box<Outcome>),
    /// Back to the store unattempted.
    GiveBack {
        /// Who owns it.
        owner: Incarnation,
        /// Which delivery.
        key: DeliveryKey,
    },
}

/// What came of a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// What happened.
    record: Record,
    /// Whether the lane's order matters: its next delivery can be claimed only after this.
    ordered: bool,
    /// The message's type.
    event_type: EventTypeName,
}

/// Where outcomes wait for the next batch.
pub(crate) struct Queue {
    sender: mpsc::UnboundedSender<Entry>,
    waiting: AtomicUsize,
    written: Notify,
}

/// The other end of the [`Queue`].
pub(crate) type Inbound = mpsc::UnboundedReceiver<Entry>;

/// A queue and its other end.
pub(crate) fn queue() -> (Queue, Inbound) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Queue { sender, waiting: AtomicUsize::new(0), written: Notify::new() }, receiver)
}

impl Queue {
    pub(crate) fn outcome(&self, record: Record, job: &Job) {
        let event_type = job.message.event_type.clone();
        self.push(Entry::Outcome(Box::new(Outcome { record, ordered: job.ordered, event_type })));
    }

    pub(crate) fn give_back(&self, owner: Incarnation, keys: impl IntoIterator<Item = DeliveryKey>) {
        for key in keys {
            self.push(Entry::GiveBack { owner, key });
        }
    }

    /// Whether so much waits that no new attempt should start.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Acquire) >= OUTCOME_QUEUE
    }

    /// Waits until all that was pushed so far is written.
    pub(crate) async fn flush(&self) {
        loop {
            let written = self.written.notified();
            if self.waiting.load(Ordering::Acquire) == 0 {
                return;
            }
            written.await;
        }
    }

    fn push(&self, entry: Entry) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.sender.send(entry).is_err() {
            // The engine has stopped: what it owned is rescued at the next start.
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn done(&self, entries: usize) {
        self.waiting.fetch_sub(entries, Ordering::AcqRel);
        self.written.notify_waiters();
    }
}

/// Writes batches for as long as anybody can push.
pub(crate) async fn run(parts: Arc<Parts>, mut inbound: Inbound) {
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    while inbound.recv_many(&mut batch, BATCH_ITEMS).await > 0 {
        write(&parts, &batch).await;
        parts.records.done(batch.len());
        batch.clear();
        parts.dispatcher.set_store_refuses(parts.records.is_full());
    }
}

const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(2);

/// Writes a batch. What is given back comes first and on its own: once written it may be claimed again, and
/// must not be given back a second time because the outcomes have to be.
async fn write(parts: &Arc<Parts>, batch: &[Entry]) {
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut given_back: BTreeMap<Incarnation, Vec<DeliveryKey>> = BTreeMap::new();
    for entry in batch {
        match entry {
            Entry::Outcome(outcome) => outcomes.push(&**outcome),
            Entry::GiveBack { owner, key } => given_back.entry(*owner).or_default().push(*key),
        }
    }
    for (owner, keys) in given_back {
        let given_back = persist(parts, || release(parts, owner, &keys)).await;
        if let Err(error) = given_back {
            tracing::error!(%error, ?keys, "deliveries cannot be given back; they wait for the next start");
        }
    }
    if !outcomes.is_empty() {
        write_outcomes(parts, &outcomes).await;
    }
}

async fn write_outcomes(parts: &Arc<Parts>, outcomes: &[&Outcome]) {
    match persist(parts, || record(parts, outcomes)).await {
        Ok(()) => {}
        Err(error) if outcomes.len() == 1 => {
            let delivery = outcomes[0].record.key;
            tracing::error!(%error, ?delivery, "an outcome cannot be recorded and is given up");
        }
        Err(error) => {
            tracing::error!(%error, "a batch of outcomes cannot be recorded; trying one by one");
            for outcome in outcomes {
                Box::pin(write_outcomes(parts, std::slice::from_ref(outcome))).await;
            }
        }
    }
}

/// Tries again for as long as the store cannot write now.
async fn persist<F>(parts: &Arc<Parts>, mut write: impl FnMut() -> F + Send) -> StoreResult<()>
where
    F: Future<Output = StoreResult<()>> + Send,
{
    let mut wait = RETRY_FIRST;
    loop {
        let Err(error) = write().await else { return Ok(()) };
        let StoreError::Unavailable { .. } = error else { return Err(error) };
        parts.metrics.store_failures.inc();
        if !parts.dispatcher.store_refuses() {
            tracing::error!(%error, "the store takes no outcomes; no attempt starts until it does");
        }
        parts.dispatcher.set_store_refuses(true);
        parts.context.ports.clock.sleep(wait).await;
        wait = (wait * 2).min(RETRY_MOST);
    }
}

async fn release(parts: &Arc<Parts>, owner: Incarnation, keys: &[DeliveryKey]) -> StoreResult<()> {
    let now = parts.context.now();
    parts.context.store().release(owner, keys.to_vec(), now).await?;
    parts.claims.look_at(now);
    Ok(())
}

async fn record(parts: &Arc<Parts>, outcomes: &[&Outcome]) -> StoreResult<()> {
    let clock = &parts.context.ports.clock;
    let begun = clock.monotonic();
    let records = outcomes.iter().map(|outcome| outcome.record.clone()).collect();
    let answers = parts.context.store().record(records).await?;
    parts.metrics.committed(Commit::Record, answers.len(), clock.monotonic().since(begun));
    for (outcome, answer) in outcomes.iter().zip(answers) {
        follow_up(parts, outcome, answer);
    }
    Ok(())
}

/// What a recorded outcome sets off.
fn follow_up(parts: &Arc<Parts>, outcome: &Outcome, answer: Recorded) {
    if answer == Recorded::Late {
        parts.metrics.late.inc();
        return;
    }
    let Outcome { record, ordered, event_type } = outcome;
    let event = match answer {
        Recorded::Superseded => DeliveryEvent::Cancel,
        Recorded::Applied | Recorded::Late => record.event,
    };
    updates::recorded(parts, record, event_type, answer);
    if let Some(state) = DeliveryState::Pending.after(event).filter(|state| !state.is_waiting()) {
        parts.metrics.ended.get_or_create(&StateLabels { state: state.as_str() }).inc();
    }
    if let Some(due) = record.due {
        parts.claims.look_at(due);
    }
    if *ordered {
        parts.claims.want(record.key.application, record.key.endpoint);
    }
    if record.disable.is_some() {
        parts.configurations.forget(record.key.application);
    }
}
