//! Time as a port: the wall clock, a monotonic clock, and waiting.

use std::time::Duration;

use async_trait::async_trait;

use crate::time::Timestamp;

/// A moment on the process's monotonic clock, counted from an arbitrary start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    /// How long from `earlier` to here; nothing if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Monotonic {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }
}

/// The clock of one node.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock. It may be wrong and may step; it decides due times and signatures, never leases.
    fn now(&self) -> Timestamp;

    /// The monotonic clock: what measures durations.
    fn monotonic(&self) -> Monotonic;

    /// Waits for `duration`. Cancel-safe: dropping the future ends the wait.
    async fn sleep(&self, duration: Duration);
}
