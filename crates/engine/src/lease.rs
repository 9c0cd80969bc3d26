//! Leases: this incarnation stays alive by its heartbeat.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::Incarnation,
    ports::{
        Clock, Monotonic,
        store::{Standing, StoreError, StoreResult},
    },
};

use tokio::sync::Notify;

use crate::engine::Parts;

/// How this node stands: the incarnation that owns what it takes on, and until when nobody can have taken that
/// over. What must not happen on two nodes at once asks here right before.
pub(crate) struct Lease {
    clock: Arc<dyn Clock>,
    length: Duration,
    /// Whether other nodes use the store too.
    shared: bool,
    owner: AtomicU64,
    /// On the monotonic clock, in microseconds.
    sure_until: AtomicU64,
    /// Since when the lease has been sure without a gap, likewise.
    sure_since: AtomicU64,
    leads: AtomicBool,
    deliverers: AtomicU32,
    renewed: Notify,
}

impl Lease {
    /// That of an incarnation which was asked for at `asked`.
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        length: Duration,
        shared: bool,
        owner: Incarnation,
        asked: Monotonic,
    ) -> Self {
        let lease = Self {
            clock,
            length,
            shared,
            owner: AtomicU64::new(owner.0),
            sure_until: AtomicU64::new(0),
            sure_since: AtomicU64::new(0),
            leads: AtomicBool::new(!shared),
            deliverers: AtomicU32::new(1),
            renewed: Notify::new(),
        };
        lease.extend(asked);
        lease
    }

    /// The incarnation that owns what this node takes on now.
    pub(crate) fn owner(&self) -> Incarnation {
        Incarnation(self.owner.load(Ordering::Acquire))
    }

    /// Whether other nodes use the store too.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Whether the lease surely goes on: past half of it without a renewal, nothing new is started. It is asked
    /// of the clock and not of a task, so that it is true also right after the whole process stood still.
    pub(crate) fn is_sure(&self) -> bool {
        micros(self.clock.monotonic()) < self.sure_until.load(Ordering::Acquire)
    }

    /// Whether this node does what one node does for all. Two may believe so for a moment: what they do then is
    /// safe, and done twice at most.
    pub(crate) fn leads(&self) -> bool {
        self.leads.load(Ordering::Acquire) && self.is_sure()
    }

    /// How many nodes deliver, from one.
    pub(crate) fn deliverers(&self) -> u32 {
        self.deliverers.load(Ordering::Acquire).max(1)
    }

    /// Whether this node may say that others' leases ran out: for a whole lease the store has taken its own
    /// renewals, so that whoever lives could have renewed as well.
    pub(crate) fn may_judge(&self) -> bool {
        let since = self.sure_since.load(Ordering::Acquire);
        self.is_sure() && micros(self.clock.monotonic()) >= since.saturating_add(whole(self.length))
    }

    /// Waits for the next renewal. One waits at a time.
    pub(crate) async fn renewed(&self) {
        self.renewed.notified().await;
    }

    fn extend(&self, asked: Monotonic) {
        if !self.is_sure() {
            self.sure_since.store(micros(asked), Ordering::Release);
        }
        self.sure_until.store(micros(asked + self.length / 2), Ordering::Release);
    }

    fn lost(&self) {
        self.sure_until.store(0, Ordering::Release);
        self.leads.store(false, Ordering::Release);
    }
}

fn micros(at: Monotonic) -> u64 {
    whole(at.0)
}

fn whole(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Renews the lease, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let clock = Arc::clone(&parts.context.ports.clock);
    loop {
        match renew(&parts).await {
            Ok(()) => parts.lease.renewed.notify_one(),
            Err(error) => {
                tracing::warn!(%error, sure = parts.lease.is_sure(), "could not renew the lease");
            }
        }
        clock.sleep(parts.lease.length / 6).await;
    }
}

async fn renew(parts: &Arc<Parts>) -> StoreResult<()> {
    let (lease, store, clock) = (&parts.lease, parts.context.store(), &parts.context.ports.clock);
    let asked = clock.monotonic();
    let standing = tokio::select! {
        biased;
        standing = store.heartbeat(lease.owner(), lease.length) => standing?,
        () = clock.sleep(lease.length / 3) => return Err(too_late()),
    };
    match standing {
        Standing::Alive { leads, deliverers } => {
            lease.leads.store(leads, Ordering::Release);
            lease.deliverers.store(deliverers, Ordering::Release);
            lease.extend(asked);
            parts.dispatcher.go_on(lease.deliverers());
        }
        Standing::Dead => begin_anew(parts).await?,
    }
    Ok(())
}

fn too_late() -> StoreError {
    StoreError::Unavailable { reason: "no answer in time".to_owned(), ambiguous: true }
}

/// Others own our work now: all that is in memory is dropped. What is in flight will be recorded as late.
async fn begin_anew(parts: &Arc<Parts>) -> StoreResult<()> {
    let (lease, context) = (&parts.lease, &parts.context);
    let dead = lease.owner();
    tracing::error!(incarnation = ?dead, "this incarnation was declared dead; starting a new one");
    lease.lost();
    let asked = context.ports.clock.monotonic();
    let (node, now) = (parts.node.clone(), context.now());
    let owner = context.store().start_incarnation(node, parts.roles, lease.length, now).await?;
    // First the new owner, then the dropping: what comes into memory later for the old one is refused there.
    lease.owner.store(owner.0, Ordering::Release);
    let lost = parts.dispatcher.with(|lanes, _| lanes.drain());
    lease.leads.store(!lease.shared, Ordering::Release);
    lease.extend(asked);
    parts.dispatcher.go_on(lease.deliverers());
    tracing::warn!(deliveries = lost.len(), ?owner, "left what waited in memory to the rescuers");
    Ok(())
}

#[cfg(test)]
mod tests;
