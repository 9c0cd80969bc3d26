//! Group commit of accepts: while one batch is being synced the next one gathers; an idle server commits
//! at once. What follows from a commit happens here, not in the request, whose client may have gone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    limits::{ACCEPT_QUEUE, ACCEPT_QUEUE_BYTES, BATCH_BYTES, BATCH_ITEMS},
    ports::store::{Accept, Accepted, StoreError, Targets},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    configuration::{ApplicationView, EndpointView},
    dispatch::{LaneSettings, Reservation},
    engine::Parts,
    metrics::Commit,
    updates,
};

/// A message on its way into the store, with what follows once it is there.
pub(crate) struct Item {
    pub(crate) accept: Accept,
    /// Who owns the deliveries that have a place in memory.
    pub(crate) owner: Incarnation,
    /// The places of those deliveries.
    pub(crate) reservations: Vec<Reservation>,
    /// Lanes whose deliveries stay in the store, to be claimed.
    pub(crate) left: Vec<Left>,
    /// When the first delivery that waits for its time is due.
    pub(crate) wake_at: Option<Timestamp>,
}

/// A lane whose delivery stays in the store.
pub(crate) struct Left {
    view: Arc<EndpointView>,
    settings: LaneSettings,
}

impl Left {
    pub(crate) fn new(application: &ApplicationView, view: &Arc<EndpointView>) -> Self {
        let settings = LaneSettings::of(&view.endpoint, application.application.rate_limit);
        Self { view: Arc::clone(view), settings }
    }
}

/// Why an item did not get an answer from the store.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Too much waits already.
    Full,
    /// The engine has stopped.
    Stopped,
    /// The store did not commit.
    Store(StoreError),
}

type Reply = oneshot::Sender<Result<Vec<Accepted>, StoreError>>;

/// Items that share their transaction, in their order: one message of a request, or what a source gave at once.
struct Group {
    items: Vec<Item>,
    bytes: usize,
    reply: Reply,
}

/// Where accepts wait for the next batch.
pub(crate) struct Queue {
    sender: mpsc::Sender<Group>,
    bytes: Arc<AtomicUsize>,
}

/// The other end of the [`Queue`].
pub(crate) struct Inbound {
    receiver: mpsc::Receiver<Group>,
    /// What did not fit into the last batch.
    carried: Option<Group>,
    bytes: Arc<AtomicUsize>,
}

/// A queue and its other end.
pub(crate) fn queue() -> (Queue, Inbound) {
    let (sender, receiver) = mpsc::channel(ACCEPT_QUEUE);
    let bytes = Arc::new(AtomicUsize::new(0));
    (Queue { sender, bytes: Arc::clone(&bytes) }, Inbound { receiver, carried: None, bytes })
}

impl Queue {
    pub(crate) async fn submit(&self, item: Item) -> Result<Accepted, Refused> {
        let answers = self.submit_all(vec![item]).await?;
        answers.into_iter().next().ok_or(Refused::Stopped)
    }

    /// Submits items that are to be in one transaction, in this order.
    pub(crate) async fn submit_all(&self, items: Vec<Item>) -> Result<Vec<Accepted>, Refused> {
        let bytes = items.iter().map(|item| item.accept.message.payload.len()).sum();
        if self.bytes.load(Ordering::Relaxed) + bytes > ACCEPT_QUEUE_BYTES {
            return Err(Refused::Full);
        }
        let (reply, answer) = oneshot::channel();
        // Counted before it is visible, so that the other end never counts below zero.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Err(error) = self.sender.try_send(Group { items, bytes, reply }) {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(match error {
                mpsc::error::TrySendError::Full(_) => Refused::Full,
                mpsc::error::TrySendError::Closed(_) => Refused::Stopped,
            });
        }
        match answer.await {
            Ok(answers) => answers.map_err(Refused::Store),
            Err(_) => Err(Refused::Stopped),
        }
    }
}

/// Commits batches for as long as anybody can submit.
pub(crate) async fn run(parts: Arc<Parts>, mut inbound: Inbound) {
    while let Some(batch) = gather(&mut inbound).await {
        commit(&parts, batch).await;
    }
}

async fn gather(inbound: &mut Inbound) -> Option<Vec<Group>> {
    let first = match inbound.carried.take() {
        Some(carried) => carried,
        None => inbound.receiver.recv().await?,
    };
    let (mut items, mut bytes) = (first.items.len(), first.bytes);
    let mut batch = vec![first];
    while items < BATCH_ITEMS && bytes < BATCH_BYTES {
        let Ok(next) = inbound.receiver.try_recv() else { break };
        if items + next.items.len() > BATCH_ITEMS {
            inbound.carried = Some(next);
            break;
        }
        (items, bytes) = (items + next.items.len(), bytes + next.bytes);
        batch.push(next);
    }
    inbound.bytes.fetch_sub(bytes, Ordering::Relaxed);
    Some(batch)
}

async fn commit(parts: &Arc<Parts>, batch: Vec<Group>) {
    let accepts: Vec<Accept> =
        batch.iter().flat_map(|group| &group.items).map(|item| item.accept.clone()).collect();
    let (clock, messages) = (&parts.context.ports.clock, accepts.len());
    let begun = clock.monotonic();
    let answers = parts.context.store().accept(accepts).await;
    let took: Duration = clock.monotonic().since(begun);
    match answers {
        Ok(answers) => {
            parts.metrics.committed(Commit::Accept, messages, took);
            let mut answers = answers.into_iter();
            for Group { items, reply, .. } in batch {
                let answers: Vec<_> = answers.by_ref().take(items.len()).collect();
                stored(parts, items, &answers);
                // The client may have gone; the messages are stored all the same.
                let _gone = reply.send(Ok(answers));
            }
        }
        Err(error) => {
            parts.metrics.store_failures.inc();
            tracing::error!(%error, messages, "could not accept");
            for Group { items, reply, .. } in batch {
                if matches!(error, StoreError::Unavailable { ambiguous: true, .. }) {
                    items.iter().for_each(|item| parts.records.give_back(item.owner, owned(item)));
                }
                let _gone = reply.send(Err(error.clone()));
            }
        }
    }
}

fn stored(parts: &Arc<Parts>, items: Vec<Item>, answers: &[Accepted]) {
    let now = parts.context.now();
    for (item, _) in items.into_iter().zip(answers).filter(|(_, answer)| **answer == Accepted::Stored) {
        parts.metrics.accepted.inc();
        let environment = item.accept.message.environment;
        parts.activities.note(environment, now, |activity| activity.accepted += 1);
        follow_up(parts, item);
    }
}

/// What a committed message sets off.
fn follow_up(parts: &Arc<Parts>, item: Item) {
    let Item { accept, owner, reservations, left, wake_at } = item;
    if let Targets::Deliveries(deliveries) = &accept.targets {
        updates::accepted(parts, &accept.message, deliveries, accept.message.created_at);
    }
    for reservation in reservations {
        reservation.redeem(&accept.message, owner);
    }
    for Left { view, settings } in left {
        parts.claims.left_behind(parts, &view.endpoint, settings);
    }
    if let Some(at) = wake_at {
        parts.claims.look_at(at);
    }
    if matches!(accept.targets, Targets::Fanout) {
        parts.fanouts.push(accept.message.id);
    }
}

/// The deliveries of an item that the store may hold as owned by this node.
fn owned(item: &Item) -> Vec<DeliveryKey> {
    let Accept { message, .. } = &item.accept;
    let key = |reservation: &Reservation| DeliveryKey {
        application: message.application,
        message: message.id,
        endpoint: reservation.endpoint(),
    };
    item.reservations.iter().map(key).collect()
}
