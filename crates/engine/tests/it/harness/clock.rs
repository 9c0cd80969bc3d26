//! Simulated time: tokio's paused clock, and a wall clock that a test can step.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};

/// The wall clock's time at the start of every test: 2026-01-01.
const START: Timestamp = Timestamp(1_767_225_600_000_000);

pub(crate) struct TestClock {
    start: tokio::time::Instant,
    stepped: AtomicI64,
}

impl TestClock {
    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    pub(crate) fn new() -> Self {
        Self { start: tokio::time::Instant::now(), stepped: AtomicI64::new(0) }
    }

    /// Lets simulated time pass.
    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    pub(crate) async fn pass(&self, time: Duration) {
        tokio::time::sleep_until(tokio::time::Instant::now() + time).await;
    }

    /// Moves the wall clock ahead: nothing happens in the days between.
    pub(crate) fn step(&self, by: Duration) {
        self.stepped.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp((START + self.monotonic().0).0 + self.stepped.load(Ordering::Relaxed))
    }

    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    fn monotonic(&self) -> Monotonic {
        Monotonic(tokio::time::Instant::now().duration_since(self.start))
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration).await;
    }
}
