//! A bound on how long a source may take to answer: a server behind a dead network says nothing at all.

use std::time::Duration;

use fanfare_core::ports::Clock;

use crate::source::SourceError;

/// What `work` gives, if it gives it in time; `what` names it in the error.
pub(crate) async fn within<T, E: std::fmt::Display>(
    clock: &dyn Clock,
    limit: Duration,
    what: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, SourceError> {
    tokio::select! {
        biased;
        done = work => done.map_err(|error| SourceError(format!("{what}: {error}"))),
        () = clock.sleep(limit) => Err(SourceError(format!("{what}: no answer within {} s", limit.as_secs()))),
    }
}
