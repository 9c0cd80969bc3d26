//! Dispatching: which delivery is attempted next, so that a slow endpoint costs itself and nobody else.

mod job;
mod lane;
mod lanes;
mod pace;
mod ring;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::Incarnation,
    endpoint::Endpoint,
    id::EndpointId,
    message::{Message, ProfileHash},
    ports::{Clock, Monotonic, store::LaneClaim},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::lease::Lease;

pub(crate) use self::job::{needs_home, weight};
pub use self::{
    job::{Job, LaneSettings},
    lanes::{Aftermath, Bounds, Ended, Lanes},
};

/// The lanes of a node, shared, with the signal that something may go.
pub struct Dispatcher {
    clock: Arc<dyn Clock>,
    lanes: Mutex<Lanes>,
    ready: Notify,
    store_refuses: AtomicBool,
    lease: Arc<Lease>,
}

impl Dispatcher {
    pub(crate) fn new(clock: Arc<dyn Clock>, lease: Arc<Lease>, bounds: Bounds) -> Self {
        Self {
            clock,
            lanes: Mutex::new(Lanes::new(bounds)),
            ready: Notify::new(),
            store_refuses: AtomicBool::new(false),
            lease,
        }
    }

    /// Promises places in memory; see [`Lanes::reserve`].
    pub(crate) fn reserve(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        profile: Option<ProfileHash>,
        settings: LaneSettings,
        weight: usize,
    ) -> Option<Reservation> {
        let promised =
            self.with(|lanes, now| lanes.reserve(endpoint.application, endpoint.id, settings, weight, now));
        promised.then(|| Reservation {
            dispatcher: Arc::clone(self),
            endpoint: endpoint.id,
            profile,
            weight,
            redeemed: false,
        })
    }

    /// Takes in a delivery claimed from the store; one of an incarnation that is dead by now is left to the
    /// rescuers.
    pub(crate) fn offer(&self, job: Job, settings: LaneSettings) {
        self.with(|lanes, now| {
            if job.owner == self.lease.owner() {
                lanes.offer(job, settings, now);
            }
        });
        self.ready.notify_one();
    }

    /// Work of this lane was left in the store.
    pub(crate) fn left_behind(&self, endpoint: &Endpoint, settings: LaneSettings) -> Option<LaneClaim> {
        self.with(|lanes, now| lanes.left_behind(endpoint.application, endpoint.id, settings, now))
    }

    /// Runs `with` on the lanes, told the time. Whoever waits in [`Self::ready`] learns of an earlier timer.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&mut Lanes, Monotonic) -> R) -> R {
        let now = self.clock.monotonic();
        let mut lanes = self.lanes.lock();
        let before = lanes.wake_at();
        let result = with(&mut lanes, now);
        let sooner = lanes.wake_at().is_some_and(|at| before.is_none_or(|before| at < before));
        drop(lanes);
        if sooner {
            self.ready.notify_one();
        }
        result
    }

    /// The next delivery to attempt. None while outcomes could not be recorded or the lease is in doubt.
    pub(crate) fn next(&self) -> Option<Job> {
        if self.store_refuses.load(Ordering::Acquire) || !self.lease.is_sure() {
            return None;
        }
        self.with(Lanes::next)
    }

    /// The same, for somebody who takes one at a time: others are told if more may go.
    pub(crate) fn next_and_tell(&self) -> Option<Job> {
        let next = self.next();
        if next.is_some() && self.with(|lanes, _| lanes.is_ready()) {
            self.ready.notify_one();
        }
        next
    }

    /// A job has ended.
    pub(crate) fn ended(&self, job: &Job, ended: Ended) -> Aftermath {
        let wall = self.clock.now();
        self.with(|lanes, now| lanes.ended(job, ended, now, wall))
    }

    /// Waits until something may go that could not before.
    pub(crate) async fn ready(&self) {
        let wake_at = self.with(|lanes, now| lanes.wake_at().map(|at| at.since(now)));
        // A timer fires a little late rather than a little early.
        let nap = wake_at.unwrap_or(Duration::from_secs(3600)).max(Duration::from_millis(1));
        tokio::select! {
            biased;
            () = self.ready.notified() => {}
            () = self.clock.sleep(nap) => {}
        }
    }

    /// The store takes no outcomes (or does again): no new attempt starts meanwhile.
    pub(crate) fn set_store_refuses(&self, refuses: bool) {
        if self.store_refuses.swap(refuses, Ordering::AcqRel) && !refuses {
            self.ready.notify_one();
        }
    }

    /// Whether the store takes no outcomes.
    pub(crate) fn store_refuses(&self) -> bool {
        self.store_refuses.load(Ordering::Acquire)
    }

    /// The lease goes on, and so many nodes deliver: what stood still for its sake may go.
    pub(crate) fn go_on(&self, deliverers: u32) {
        self.with(|lanes, _| lanes.set_deliverers(deliverers));
        self.ready.notify_one();
    }
}

/// A place in memory, promised to a delivery that is being committed; given back when dropped unused.
pub struct Reservation {
    dispatcher: Arc<Dispatcher>,
    endpoint: EndpointId,
    profile: Option<ProfileHash>,
    weight: usize,
    redeemed: bool,
}

impl Reservation {
    /// The delivery is committed: it takes its place.
    /// One of an incarnation that is dead by now is left to the rescuers.
    pub(crate) fn redeem(mut self, message: &Arc<Message>, owner: Incarnation) {
        let job = Job::fresh(message, self.endpoint, self.profile, owner, self.weight);
        let dispatcher = Arc::clone(&self.dispatcher);
        self.redeemed = dispatcher.with(|lanes, now| {
            let is_ours = owner == dispatcher.lease.owner();
            if is_ours {
                lanes.admit(job, now);
            }
            is_ours
        });
        self.dispatcher.ready.notify_one();
    }

    /// The endpoint it is for.
    pub(crate) fn endpoint(&self) -> EndpointId {
        self.endpoint
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.redeemed {
            self.dispatcher.with(|lanes, _| lanes.unreserve(self.endpoint, self.weight));
        }
    }
}
