//! Simulated time: tokio's paused clock, and a wall clock per node that may be wrong.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};

/// The wall clock's time at the start of every simulation: 2026-01-01.
pub(crate) const START: Timestamp = Timestamp(1_767_225_600_000_000);

/// The time of the simulated world, from which each node's clock may differ.
#[derive(Clone, Copy)]
pub(crate) struct World {
    start: tokio::time::Instant,
}

impl World {
    /// A world that begins now. Tokio's clock must be paused.
    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    pub(crate) fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }

    /// How long the world has existed.
    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    pub(crate) fn age(&self) -> Duration {
        tokio::time::Instant::now().duration_since(self.start)
    }

    /// Lets simulated time pass.
    #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused: this is simulated time")]
    pub(crate) async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The clock of one node.
pub(crate) struct NodeClock {
    world: World,
    /// How far its wall clock is off, in microseconds.
    skew: i64,
}

impl NodeClock {
    pub(crate) fn new(world: World, skew: i64) -> Self {
        Self { world, skew }
    }
}

#[async_trait]
impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        let now = START + self.world.age();
        Timestamp(now.0 + self.skew)
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.world.age())
    }

    async fn sleep(&self, duration: Duration) {
        self.world.sleep(duration).await;
    }
}
