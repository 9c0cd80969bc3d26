//! Simulated time: tokio's paused clock, shown as a wall clock that began on a certain day.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};

/// When every test begins.
const BEGIN: &str = "2026-11-21T05:00:00Z";

pub(crate) struct TestClock {
    began: tokio::time::Instant,
    at: Timestamp,
}

impl TestClock {
    pub(crate) fn start() -> Self {
        Self { began: instant(), at: Timestamp::parse(BEGIN).unwrap() }
    }

    /// Moves time on.
    pub(crate) async fn advance(&self, by: Duration) {
        tokio::time::advance(by).await;
        tokio::task::yield_now().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of tests is tokio's paused one")]
fn instant() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.at + instant().duration_since(self.began)
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(instant().duration_since(self.began))
    }

    #[expect(clippy::disallowed_methods, reason = "the clock of tests is tokio's paused one")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep_until(instant() + duration).await;
    }
}
