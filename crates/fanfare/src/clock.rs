//! The machine's clock: the one place of the binary that asks it.
#![expect(clippy::disallowed_methods, reason = "this is the Clock port's implementation")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};

/// The machine's wall clock and monotonic clock, and tokio's timers.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Before 1970 only where the machine's clock was never set: everything is due then, nothing lost.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH + since
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.start.elapsed())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
