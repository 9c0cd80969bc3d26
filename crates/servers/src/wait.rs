//! Waiting until a server is as it should be.

use std::time::{Duration, Instant};

const GLANCE_EVERY: Duration = Duration::from_millis(10);

/// Looks until the condition holds; panics with what was waited for when it takes too long.
#[track_caller]
pub fn until(what: &str, at_most: Duration, condition: impl FnMut() -> bool) {
    assert!(holds_within(at_most, condition), "waited {} s in vain: {what}", at_most.as_secs_f32());
}

/// Whether the condition comes to hold in time.
#[expect(
    clippy::disallowed_methods,
    reason = "other processes are waited for in real time, and only in tests"
)]
pub(crate) fn holds_within(at_most: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() > at_most {
            return false;
        }
        std::thread::sleep(GLANCE_EVERY);
    }
}

/// The same for a condition that is found out by asking others.
#[expect(
    clippy::disallowed_methods,
    reason = "other processes are waited for in real time, and only in tests"
)]
pub async fn until_told(what: &str, at_most: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < at_most, "waited {} s in vain: {what}", at_most.as_secs_f32());
        tokio::time::sleep(GLANCE_EVERY).await;
    }
}
