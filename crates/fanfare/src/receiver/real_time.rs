//! The real clock, for those who stand outside the server and measure it.
//!
//! The server asks its Clock port; a load generator that asked the same port would measure what the server
//! believes instead of what happened.
#![expect(clippy::disallowed_methods, reason = "outside the server only the machine's own clock counts")]

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Nanoseconds since the first call in this process; never 0, so that 0 can mean "not yet".
pub(crate) fn monotonic_nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Waits for `duration`.
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// What `work` gives, or `None` once `limit` has passed.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
