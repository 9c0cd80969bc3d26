//! A clock that stands still until a test moves it.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};
use tokio::sync::watch;

pub(crate) struct ManualClock(watch::Sender<Duration>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Duration::from_secs(1000)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        unreachable!("the transport has no use for the wall clock")
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(*self.0.borrow())
    }

    async fn sleep(&self, duration: Duration) {
        let mut now = self.0.subscribe();
        let end = *now.borrow() + duration;
        now.wait_for(|now| *now >= end).await.expect("the clock outlives its sleepers");
    }
}
