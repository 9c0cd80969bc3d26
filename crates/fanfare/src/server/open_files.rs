//! The limit on open files: each connection is one, and the usual limit of a shell is lower than ours.

use fanfare_core::limits::{API_CONNECTIONS, IN_FLIGHT};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections of the API and of deliveries: the store's, idle connections, logs.
const OTHERS: usize = 1_024;
/// What all bounds of a server add up to.
const WANTED: u64 = (API_CONNECTIONS + IN_FLIGHT + OTHERS) as u64;

/// Raises the limit as far as this user may, and answers how many connections the API may have.
pub(super) fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let reachable = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    let mut limit = current.unwrap_or(u64::MAX);
    if limit < reachable {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum }) {
            Ok(()) => limit = reachable,
            Err(error) => tracing::warn!(%error, "cannot raise the limit on open files"),
        }
    }
    if limit < WANTED {
        tracing::warn!(limit, wanted = WANTED, "few files may be open at once: raise `ulimit -n`");
    }
    connections(limit)
}

/// Half of what there is, so that deliveries always find room.
fn connections(limit: u64) -> usize {
    usize::try_from(limit / 2).map_or(API_CONNECTIONS, |half| half.min(API_CONNECTIONS))
}

#[cfg(test)]
mod tests;
