//! Failed logins by address: a bound on guessing, and on what guessing costs the store.

use std::{collections::HashMap, net::IpAddr};

use fanfare_core::{
    limits::{LOGIN_ADDRESSES, LOGIN_FAILURES, LOGIN_WINDOW},
    time::Timestamp,
};
use parking_lot::Mutex;

/// Counts failures in windows of time.
#[derive(Default)]
pub(crate) struct Logins {
    failures: Mutex<HashMap<IpAddr, Failures>>,
}

struct Failures {
    since: Timestamp,
    count: u32,
}

impl Logins {
    /// Whether this address may try now.
    pub(crate) fn may_try(&self, address: IpAddr, now: Timestamp) -> bool {
        let failures = self.failures.lock();
        failures
            .get(&block(address))
            .is_none_or(|failed| failed.count < LOGIN_FAILURES || failed.is_over(now))
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, address: IpAddr, now: Timestamp) {
        let mut failures = self.failures.lock();
        if failures.len() >= LOGIN_ADDRESSES {
            failures.retain(|_, failed| !failed.is_over(now));
        }
        if failures.len() >= LOGIN_ADDRESSES {
            // Everybody is guessing at once: better to forget than to grow.
            failures.clear();
        }
        let failed = failures.entry(block(address)).or_insert(Failures { since: now, count: 0 });
        if failed.is_over(now) {
            *failed = Failures { since: now, count: 0 };
        }
        failed.count += 1;
    }
}

impl Failures {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.since) >= LOGIN_WINDOW
    }
}

/// Whoever has one IPv6 address has its whole /64.
fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests;
