//! Delivery rules: what counts as success, when to try again, when to give up, when to slow down.

use std::{collections::BTreeSet, time::Duration};

use crate::{endpoint::Endpoint, limits::ATTEMPT_TIMEOUT};

/// The delivery rules of a profile, with an endpoint's own settings laid over them.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRules {
    /// Which status codes are a success.
    pub success: StatusSet,
    /// Total time of an attempt.
    pub timeout: Duration,
    /// Whether an attempt that timed out is not tried again (TRU: the payload is lost).
    pub timeout_is_final: bool,
    /// The waits before each retry; its length is the number of retries.
    pub retry_schedule: Vec<Duration>,
    /// How far a wait is spread, as a share of it: 0.2 is ±20 %.
    pub jitter: f64,
    /// What follows when the schedule is used up.
    pub exhausted: Exhausted,
    /// Whether 410 Gone disables the endpoint.
    pub gone_disables: bool,
    /// Disable an endpoint that has only failed for this long.
    pub disable_after: Option<Duration>,
    /// Status codes that slow the endpoint's lane.
    pub slow_down: BTreeSet<u16>,
    /// Whether `Retry-After` is honoured.
    pub retry_after: bool,
    /// Whether consecutive failures open the lane's breaker.
    pub breaker: bool,
    /// Largest body that is sent, in bytes; a larger one is skipped.
    pub size_cap: Option<usize>,
}

/// What follows when the retry schedule is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exhausted {
    /// The delivery is failed.
    #[default]
    Fail,
    /// The delivery is blocked.
    Block,
    /// The delivery is failed and its endpoint disabled.
    Disable,
}

/// A set of status codes, as ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(pub Vec<std::ops::RangeInclusive<u16>>);

impl StatusSet {
    /// Whether `status` is in the set.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl Default for DeliveryRules {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 3600;
        let waits =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self {
            success: StatusSet(vec![200..=299]),
            timeout: ATTEMPT_TIMEOUT,
            timeout_is_final: false,
            retry_schedule: waits.map(Duration::from_secs).to_vec(),
            jitter: 0.2,
            exhausted: Exhausted::Fail,
            gone_disables: true,
            disable_after: Some(Duration::from_secs(5 * 24 * HOUR)),
            slow_down: [429, 502, 503, 504].into(),
            retry_after: true,
            breaker: true,
            size_cap: None,
        }
    }
}

impl DeliveryRules {
    /// These rules with the endpoint's own timeout and schedule.
    pub fn for_endpoint(&self, endpoint: &Endpoint) -> Self {
        Self {
            timeout: endpoint.timeout.unwrap_or(self.timeout),
            retry_schedule: endpoint.retry_schedule.clone().unwrap_or_else(|| self.retry_schedule.clone()),
            ..self.clone()
        }
    }
}
