//! A lane: what waits for one endpoint in memory, and the pace at which it may go.

use std::collections::VecDeque;

use fanfare_core::{id::ApplicationId, limits::CLAIM_PER_LANE, ports::Monotonic};

use super::{
    job::{Job, LaneSettings},
    pace::{Breaker, Concurrency, Rate},
};

/// A lane in memory.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) application: ApplicationId,
    pub(super) settings: LaneSettings,
    pub(super) fresh: VecDeque<Job>,
    pub(super) claimed: VecDeque<Job>,
    /// Places promised to accepts that are being committed.
    pub(super) reserved: usize,
    pub(super) in_flight: u32,
    pub(super) concurrency: Concurrency,
    pub(super) breaker: Breaker,
    pub(super) rate: Rate,
    pub(super) rest_until: Option<Monotonic>,
    /// Until when it rests by the store, because of what any node found out.
    pub(super) rest_elsewhere: Option<Monotonic>,
    /// Whether its last attempt succeeded: what the reserve is kept for.
    pub(super) proven: bool,
    /// Whether older work may wait in the store: new work has to queue up behind it.
    pub(super) behind: bool,
    /// Membership in the rings.
    pub(super) in_fresh_ring: bool,
    pub(super) in_retry_ring: bool,
    /// Whether it waits for a place that is not kept for proven lanes.
    pub(super) parked: bool,
    pub(super) used_at: Monotonic,
}

impl Lane {
    pub(super) fn new(application: ApplicationId, settings: LaneSettings) -> Self {
        Self {
            application,
            settings,
            fresh: VecDeque::new(),
            claimed: VecDeque::new(),
            reserved: 0,
            in_flight: 0,
            concurrency: Concurrency::new(),
            breaker: Breaker::default(),
            rate: Rate::default(),
            rest_until: None,
            rest_elsewhere: None,
            proven: false,
            behind: false,
            in_fresh_ring: false,
            in_retry_ring: false,
            parked: false,
            used_at: Monotonic::default(),
        }
    }

    /// Deliveries in memory that are not in flight, promised ones included.
    pub(super) fn queued(&self) -> usize {
        self.fresh.len() + self.claimed.len() + self.reserved
    }

    pub(super) fn has_jobs(&self) -> bool {
        !self.fresh.is_empty() || !self.claimed.is_empty()
    }

    pub(super) fn is_resting(&self, now: Monotonic) -> bool {
        self.rest_until.max(self.rest_elsewhere).is_some_and(|until| now < until)
    }

    /// Requests that may be in flight now.
    pub(super) fn allowed(&self) -> u32 {
        if self.breaker.is_half_open() { 1 } else { self.concurrency.allowed(self.settings.ceiling) }
    }

    /// Takes the next job: what came from the store is older than what came straight from its accept.
    pub(super) fn take(&mut self) -> Option<Job> {
        self.claimed.pop_front().or_else(|| self.fresh.pop_front())
    }

    /// Deliveries that it has use for beside those it has: nothing while it rests.
    pub(super) fn wants(&self, now: Monotonic) -> usize {
        if self.is_resting(now) {
            return 0;
        }
        let use_for = (CLAIM_PER_LANE / 2).max(2 * self.allowed() as usize).min(CLAIM_PER_LANE);
        use_for.saturating_sub(self.queued())
    }

    /// Whether forgetting the lane changes nothing that matters.
    pub(super) fn is_forgettable(&self, now: Monotonic) -> bool {
        self.queued() == 0
            && self.in_flight == 0
            && !self.breaker.is_half_open()
            && !self.is_resting(now)
            && self.rate.is_idle(now)
    }
}
