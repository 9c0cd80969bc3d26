//! A disk that takes its time, for simulations: a node can then be killed before a write happens, and after it
//! happened but before anybody heard of it.

use std::time::Duration;

use fanfare_core::ports::Clock;
use tokio::sync::Mutex;

use super::SqliteStore;

/// Makes the writes of an inline store take simulated time, one after the other as a writer thread would.
pub(super) struct SlowDisk {
    turn: Mutex<()>,
    takes: Box<dyn Fn() -> Duration + Send + Sync>,
}

impl SqliteStore {
    /// Lets each write wait for `takes()` before it happens and again before it is reported. Reads do not wait.
    /// For a store opened by [`Self::open_inline`].
    #[must_use]
    pub fn on_slow_disk(self, takes: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let slow = SlowDisk { turn: Mutex::new(()), takes: Box::new(takes) };
        Self { slow_disk: Some(slow), ..self }
    }
}

impl SlowDisk {
    pub(super) async fn write<T>(&self, clock: &dyn Clock, work: impl Future<Output = T>) -> T {
        let _turn = self.turn.lock().await;
        clock.sleep((self.takes)()).await;
        let done = work.await;
        clock.sleep((self.takes)()).await;
        done
    }
}
