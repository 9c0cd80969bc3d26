//! The pace that an endpoint bears: adaptive concurrency, breaker, rate.

use std::time::Duration;

use fanfare_core::{
    delivery::DeliveryKey,
    limits::{BREAKER_DELIVERIES, BREAKER_FAILURES, LANE_CONCURRENCY_START},
    ports::Monotonic,
};

/// Additive increase on success, multiplicative decrease on timeouts and throttling answers.
#[derive(Debug, Clone)]
pub(super) struct Concurrency {
    allowed: f64,
}

impl Concurrency {
    pub(super) fn new() -> Self {
        Self { allowed: f64::from(LANE_CONCURRENCY_START) }
    }

    /// Requests that may be in flight, at least one.
    pub(super) fn allowed(&self, ceiling: u32) -> u32 {
        // `allowed` stays within 1 and the greatest ceiling: no truncation.
        (self.allowed as u32).clamp(1, ceiling)
    }

    /// One more per round of successes.
    pub(super) fn grow(&mut self, ceiling: u32) {
        self.allowed = (self.allowed + 1.0 / self.allowed).min(f64::from(ceiling.max(1)));
    }

    pub(super) fn shrink(&mut self) {
        self.allowed = (self.allowed / 2.0).max(1.0);
    }
}

const OPEN_FIRST: Duration = Duration::from_secs(30);
const OPEN_MOST: Duration = Duration::from_secs(600);

/// Opens after many consecutive failures of different deliveries; then one probe at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    failures: u32,
    deliveries: Vec<DeliveryKey>,
    opened: u32,
    probing: bool,
}

impl Breaker {
    /// Whether only a probe may be in flight.
    pub(super) fn is_half_open(&self) -> bool {
        self.opened > 0
    }

    pub(super) fn success(&mut self) {
        *self = Self::default();
    }

    /// An attempt starts: with the breaker half open, the probe.
    pub(super) fn started(&mut self) {
        self.probing = self.is_half_open();
    }

    /// Counts a failure; answers for how long the breaker opens, if it does. What was in flight already when
    /// it opened says nothing new.
    pub(super) fn failure(&mut self, key: DeliveryKey) -> Option<Duration> {
        if self.is_half_open() {
            if !std::mem::take(&mut self.probing) {
                return None;
            }
        } else {
            self.failures += 1;
            if self.deliveries.len() < BREAKER_DELIVERIES && !self.deliveries.contains(&key) {
                self.deliveries.push(key);
            }
            if self.failures < BREAKER_FAILURES || self.deliveries.len() < BREAKER_DELIVERIES {
                return None;
            }
        }
        self.opened += 1;
        Some(OPEN_FIRST.saturating_mul(1 << (self.opened - 1).min(8)).min(OPEN_MOST))
    }
}

/// A rate, as the time between two, by the generic cell rate algorithm; bursts of a tenth of a second are let through.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    next: Monotonic,
}

/// How far apart so many per second are.
pub(super) fn interval(per_second: u16) -> Duration {
    Duration::from_secs(1) / u32::from(per_second.max(1))
}

const BURST: Duration = Duration::from_millis(100);

impl Rate {
    /// Whether one can be taken now, or when.
    pub(super) fn ready(&self, interval: Duration, now: Monotonic) -> Result<(), Monotonic> {
        let burst = BURST.saturating_sub(interval);
        if self.next > now + burst { Err(Monotonic(self.next.0.saturating_sub(burst))) } else { Ok(()) }
    }

    /// Takes one.
    pub(super) fn take(&mut self, interval: Duration, now: Monotonic) {
        self.next = self.next.max(now) + interval;
    }

    /// Whether forgetting it changes nothing.
    pub(super) fn is_idle(&self, now: Monotonic) -> bool {
        self.next <= now
    }
}

#[cfg(test)]
mod tests;
