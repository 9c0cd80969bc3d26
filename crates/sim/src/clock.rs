//! Simulated time: tokio's paused clock, and a wall clock per node that may be wrong. A node can be frozen: time
//! passes, and nothing of it goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};
use tokio::sync::Notify;

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

/// What holds up a frozen node: whatever takes time there waits here before it goes on.
#[derive(Default)]
pub(crate) struct Frost {
    frozen: AtomicBool,
    thawed: Notify,
}

impl Frost {
    pub(crate) fn freeze(&self) {
        self.frozen.store(true, Ordering::Relaxed);
    }

    pub(crate) fn thaw(&self) {
        self.frozen.store(false, Ordering::Relaxed);
        self.thawed.notify_waiters();
    }

    pub(crate) async fn over(&self) {
        loop {
            let thawed = self.thawed.notified();
            if !self.frozen.load(Ordering::Relaxed) {
                return;
            }
            thawed.await;
        }
    }
}

/// The clock of one node.
#[derive(Clone)]
pub(crate) struct NodeClock {
    world: World,
    /// How far its wall clock is off, in microseconds.
    skew: i64,
    frost: Arc<Frost>,
}

impl NodeClock {
    pub(crate) fn new(world: World, skew: i64, frost: Arc<Frost>) -> Self {
        Self { world, skew, frost }
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
        self.frost.over().await;
    }
}
