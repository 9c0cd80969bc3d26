//! The account of a run: for each message when it was posted, acknowledged and received, and how often.
//!
//! Written without locks from all connections at once; read for the figures when the load is over.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use parking_lot::Mutex;

/// One message. Times in `monotonic_nanos`, 0 is "not yet"; ids as hashes, 0 is "not known".
#[derive(Debug, Default)]
struct Slot {
    sent: AtomicU64,
    accepted: AtomicU64,
    accepted_id: AtomicU64,
    received_id: AtomicU64,
}

/// What went wrong, counted over the whole run.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Webhooks that had arrived before, by message.
    duplicates: AtomicU64,
    /// Webhooks that came to another endpoint than the message was for.
    pub(crate) misplaced: AtomicU64,
    /// Requests that were no webhook of this run.
    pub(crate) foreign: AtomicU64,
    /// Webhooks whose signature was checked.
    pub(crate) verified: AtomicU64,
    /// Those of them whose signature was wrong.
    pub(crate) unverified: AtomicU64,
}

/// The account.
#[derive(Debug)]
pub(crate) struct Ledger {
    fan_out: usize,
    slots: Box<[Slot]>,
    arrivals: Box<[AtomicU64]>,
    accepts: AtomicU64,
    received: AtomicU64,
    refusals: Mutex<BTreeMap<String, u64>>,
    /// What went wrong.
    pub(crate) faults: Faults,
}

impl Ledger {
    /// For `messages`, each of which goes to `fan_out` endpoints.
    pub(crate) fn new(messages: usize, fan_out: usize) -> Self {
        Self {
            fan_out,
            slots: (0..messages).map(|_| Slot::default()).collect(),
            arrivals: (0..messages * fan_out).map(|_| AtomicU64::new(0)).collect(),
            accepts: AtomicU64::new(0),
            received: AtomicU64::new(0),
            refusals: Mutex::default(),
            faults: Faults::default(),
        }
    }

    /// Message `number` is about to be posted.
    pub(crate) fn sent(&self, number: usize, at: u64) {
        self.slots[number].sent.store(at, Relaxed);
    }

    /// Message `number` was acknowledged under `id`.
    pub(crate) fn accepted(&self, number: usize, id: Option<&[u8]>, at: u64) {
        let slot = &self.slots[number];
        slot.accepted_id.store(id.map_or(0, hash), Relaxed);
        slot.accepted.store(at, Relaxed);
        self.accepts.fetch_add(1, Relaxed);
    }

    /// A post was not acknowledged, for the reason given.
    pub(crate) fn refused(&self, reason: String) {
        *self.refusals.lock().entry(reason).or_default() += 1;
    }

    /// Message `number` arrived at its endpoint `place` (of `fan_out`) under `id`, if the
    /// format shows one.
    pub(crate) fn arrived(&self, number: usize, place: usize, id: Option<&[u8]>, at: u64) {
        let known = self.slots.get(number).filter(|_| place < self.fan_out);
        let Some(slot) = known else {
            self.faults.foreign.fetch_add(1, Relaxed);
            return;
        };
        slot.received_id.store(id.map_or(0, hash), Relaxed);
        let arrival = &self.arrivals[number * self.fan_out + place];
        if arrival.compare_exchange(0, at, Relaxed, Relaxed).is_ok() {
            self.received.fetch_add(1, Relaxed);
        } else {
            self.faults.duplicates.fetch_add(1, Relaxed);
        }
    }

    /// Messages acknowledged so far.
    pub(crate) fn accepts(&self) -> u64 {
        self.accepts.load(Relaxed)
    }

    /// Different webhooks received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Webhooks received more than once so far.
    pub(crate) fn duplicates(&self) -> u64 {
        self.faults.duplicates.load(Relaxed)
    }

    /// Why posts were not acknowledged, and how many for each reason.
    pub(crate) fn refusals(&self) -> BTreeMap<String, u64> {
        self.refusals.lock().clone()
    }

    /// Webhooks of acknowledged messages in `range` that have not arrived.
    pub(crate) fn outstanding(&self, range: Range<usize>) -> usize {
        let accepted = range.filter(|number| self.slots[*number].accepted.load(Relaxed) > 0);
        accepted.map(|number| self.arrivals_of(number).filter(|at| *at == 0).count()).sum()
    }

    /// Messages in `range` that arrived under another id than they were acknowledged under.
    pub(crate) fn altered_ids(&self, range: Range<usize>) -> usize {
        let altered = |slot: &&Slot| {
            let (accepted, received) = (slot.accepted_id.load(Relaxed), slot.received_id.load(Relaxed));
            accepted != 0 && received != 0 && accepted != received
        };
        self.slots[range].iter().filter(altered).count()
    }

    /// When each message in `range` was sent and accepted, where it was.
    pub(crate) fn accept_times(&self, range: Range<usize>) -> impl Iterator<Item = (u64, u64)> {
        let times =
            self.slots[range].iter().map(|slot| (slot.sent.load(Relaxed), slot.accepted.load(Relaxed)));
        times.filter(|(_, accepted)| *accepted > 0)
    }

    /// When each message in `range` was sent and arrived, once per endpoint where it did.
    pub(crate) fn arrival_times(&self, range: Range<usize>) -> impl Iterator<Item = (u64, u64)> {
        let all = range.flat_map(|number| {
            let sent = self.slots[number].sent.load(Relaxed);
            self.arrivals_of(number).map(move |at| (sent, at))
        });
        all.filter(|(_, at)| *at > 0)
    }

    fn arrivals_of(&self, number: usize) -> impl Iterator<Item = u64> {
        let places = number * self.fan_out..(number + 1) * self.fan_out;
        self.arrivals[places].iter().map(|at| at.load(Relaxed))
    }
}

fn hash(id: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests;
