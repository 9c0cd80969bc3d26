//! Fanning out: a message to many endpoints is expanded in slices, behind a cursor that survives a crash.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use fanfare_core::{
    delivery::DeliveryKey,
    id::{ApplicationId, EndpointId, ID_BYTES, MessageId},
    limits::FANOUT_SLICE,
    message::Message,
    ports::{
        Monotonic,
        store::{Fanout, StoreError, StoreResult},
    },
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    accept,
    configuration::EndpointView,
    dispatch::{LaneSettings, Reservation, weight},
    engine::Parts,
    updates,
};

/// Fan-outs that this node accepted: of several nodes it is the one that goes on with them, while it lives.
#[derive(Default)]
pub(crate) struct Accepted {
    messages: Mutex<BTreeSet<MessageId>>,
    more: Notify,
}

impl Accepted {
    pub(crate) fn push(&self, message: MessageId) {
        self.messages.lock().insert(message);
        self.more.notify_one();
    }

    fn has(&self, message: MessageId) -> bool {
        self.messages.lock().contains(&message)
    }

    fn all(&self) -> BTreeSet<MessageId> {
        self.messages.lock().clone()
    }

    fn done<'a>(&self, messages: impl IntoIterator<Item = &'a MessageId>) {
        let mut ours = self.messages.lock();
        for message in messages {
            ours.remove(message);
        }
    }
}

/// How long a fan-out that another node accepted stands still before this one goes on with it.
const LEFT_AFTER: Duration = Duration::from_secs(5);
/// How soon to look again where one of this node waits for an earlier one of another.
const WAIT: Duration = Duration::from_millis(100);
/// Applications whose fan-outs go on in turn.
const AT_ONCE: usize = 8;
/// Fan-outs read together.
const LOOK_AT: usize = 1_000;
/// How often to look without being told: other processes may have left some.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A pause after the store failed.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one that is damaged rests before it is tried again: somebody may have mended it.
const REST: Duration = Duration::from_secs(60);

/// Expands fan-outs, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let mut seen = Seen::default();
    loop {
        let nap = match round(&parts, &mut seen).await {
            Ok(Found::More) => continue,
            Ok(Found::Waiting) => WAIT,
            Ok(Found::None) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "could not expand a fan-out");
                PAUSE
            }
        };
        tokio::select! {
            biased;
            () = parts.fanouts.more.notified() => {}
            () = parts.context.ports.clock.sleep(nap) => {}
        }
    }
}

/// What is remembered from round to round, by the numbers of fan-outs.
#[derive(Default)]
struct Seen {
    /// Damaged ones, and until when they are left alone.
    resting: BTreeMap<u64, Monotonic>,
    /// Those of other nodes: where each stood, and since when.
    others: BTreeMap<u64, (Option<EndpointId>, Monotonic)>,
}

impl Seen {
    /// Whether a fan-out is left to the node that accepted it: it moved not long ago.
    fn is_anothers(&mut self, parts: &Parts, fanout: &Fanout, now: Monotonic) -> bool {
        if !parts.lease.is_shared() || parts.fanouts.has(fanout.message) {
            return false;
        }
        let (stood, since) = *self.others.entry(fanout.seq).or_insert((fanout.after, now));
        if stood != fanout.after {
            self.others.insert(fanout.seq, (fanout.after, now));
            return true;
        }
        now.since(since) < LEFT_AFTER
    }
}

/// What a round found to do.
enum Found {
    /// Slices were written; there may be more.
    More,
    /// One of this node waits for an earlier one of another.
    Waiting,
    None,
}

/// A slice each of [`AT_ONCE`] fan-outs: of the oldest one that can go on of each application, then of those
/// that come next where the earlier ones of their application are complete.
/// However many an application has, and however many cannot go on, they hold up no other's.
async fn round(parts: &Arc<Parts>, seen: &mut Seen) -> StoreResult<Found> {
    let now = parts.context.ports.clock.monotonic();
    seen.resting.retain(|_, until| *until > now);
    let (mut ours, mut others, mut waiting) = (parts.fanouts.all(), BTreeSet::new(), false);
    let (mut round, mut next, mut after) = (Round::default(), Vec::new(), None);
    loop {
        let open = parts.context.store().fanouts(after, LOOK_AT).await?;
        let (last, is_full) = (open.last().map(|last| last.seq), open.len() == LOOK_AT);
        for fanout in open {
            ours.remove(&fanout.message);
            if seen.resting.contains_key(&fanout.seq) {
                continue;
            }
            waiting |= round.unfinished.contains(&fanout.application) && parts.fanouts.has(fanout.message);
            if seen.is_anothers(parts, &fanout, now) {
                others.insert(fanout.seq);
                round.unfinished.insert(fanout.application);
            } else if !round.served.contains(&fanout.application) {
                round.serve(parts, fanout).await;
            } else if next.len() < AT_ONCE && !round.unfinished.contains(&fanout.application) {
                next.push(fanout);
            }
        }
        if !is_full {
            // All were looked at: what was not among them is complete, by whomever.
            seen.others.retain(|seq, _| others.contains(seq));
            parts.fanouts.done(&ours);
            break;
        }
        if round.is_full() {
            break;
        }
        after = last;
    }
    for fanout in next {
        round.serve(parts, fanout).await;
    }
    seen.resting.extend(round.damaged.into_iter().map(|seq| (seq, now + REST)));
    match round.failed {
        Some(error) if round.slices == 0 => Err(error),
        _ if round.slices > 0 => Ok(Found::More),
        _ if waiting => Ok(Found::Waiting),
        _ => Ok(Found::None),
    }
}

/// What a round has come to.
#[derive(Default)]
struct Round {
    slices: usize,
    served: BTreeSet<ApplicationId>,
    /// Applications with a fan-out that is not complete: a later one must not overtake it.
    unfinished: BTreeSet<ApplicationId>,
    damaged: Vec<u64>,
    failed: Option<StoreError>,
}

impl Round {
    fn is_full(&self) -> bool {
        self.slices == AT_ONCE
    }

    async fn serve(&mut self, parts: &Arc<Parts>, fanout: Fanout) {
        if self.is_full() || self.unfinished.contains(&fanout.application) {
            return;
        }
        match expand(parts, &fanout).await {
            Ok(Expanded::Not) => return,
            Ok(Expanded::Partly) => drop(self.unfinished.insert(fanout.application)),
            Ok(Expanded::Wholly) => parts.fanouts.done([&fanout.message]),
            Err(StoreError::Broken(error)) => {
                tracing::error!(message = %fanout.message, error, "a fan-out cannot go on; others do");
                self.damaged.push(fanout.seq);
                return;
            }
            Err(error) => {
                self.failed = Some(error);
                return;
            }
        }
        self.slices += 1;
        self.served.insert(fanout.application);
    }
}

/// How far a fan-out got by one slice.
enum Expanded {
    /// No further: its application was deleted, which takes it along when it is erased.
    Not,
    Partly,
    Wholly,
}

/// Writes one slice.
async fn expand(parts: &Arc<Parts>, fanout: &Fanout) -> StoreResult<Expanded> {
    let Some(application) = parts.configurations.by_id(fanout.application).await? else {
        return Ok(Expanded::Not);
    };
    let (message, after) = (&message(parts, fanout).await?, &fanout.after);
    let behind = |view: &Arc<EndpointView>| after.is_some_and(|after| view.endpoint.id <= after);
    let left = &application.endpoints[application.endpoints.partition_point(behind)..];
    let (slice, rest) = accept::slice(left, message, FANOUT_SLICE);
    let done = rest.is_empty();
    let last = slice.last().map(|view| view.endpoint.id).or(*after).unwrap_or(EndpointId([0; ID_BYTES]));
    let share = weight(message, slice.len());
    let owner = parts.owner();
    let mut deliveries = Vec::with_capacity(slice.len());
    let mut reservations = Vec::new();
    let mut left = Vec::new();
    // Endpoints that came after the message are none of its business.
    let there = slice.iter().filter(|view| view.endpoint.created_at <= message.created_at);
    for view in accept::among(parts, message, there) {
        let (delivery, reservation) = accept::new_delivery(parts, message, &application, view, share, owner);
        match reservation {
            Some(reservation) => reservations.push(reservation),
            None => left.push((Arc::clone(view), delivery.due)),
        }
        deliveries.push(delivery);
    }
    let key = (message.application, message.id);
    let told = if parts.updates.are_followed() { deliveries.clone() } else { Vec::new() };
    let written = parts.context.store().expand(key, *after, deliveries, last, done).await;
    if let Err(StoreError::Unavailable { ambiguous: true, .. }) = written {
        // It may be written all the same, in our name.
        let key = |reservation: &Reservation| DeliveryKey {
            application: message.application,
            message: message.id,
            endpoint: reservation.endpoint(),
        };
        parts.records.give_back(owner, reservations.iter().map(key));
    }
    let written = written?;
    if written {
        updates::accepted(parts, message, &told, parts.context.now());
        for reservation in reservations {
            reservation.redeem(message, owner);
        }
        for (view, due) in left {
            let settings = LaneSettings::of(&view.endpoint, application.application.rate_limit);
            parts.claims.left_behind(parts, &view.endpoint, settings);
            parts.claims.look_at(due);
        }
    }
    // Where the cursor had moved, somebody else has gone on.
    Ok(if written && done { Expanded::Wholly } else { Expanded::Partly })
}

async fn message(parts: &Parts, fanout: &Fanout) -> StoreResult<Arc<Message>> {
    let found = parts.context.store().message(fanout.application, fanout.message, true).await?;
    found.map(Arc::new).ok_or_else(|| StoreError::Broken("a fan-out is there without its message".to_owned()))
}
