//! When a node may say of others that they are dead.

use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use fanfare_core::time::Timestamp;

use super::*;

/// A clock that a test sets, in seconds.
#[derive(Default)]
struct SetClock(AtomicU64);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }

    async fn sleep(&self, _: Duration) {}
}

/// A lease of 30 s, renewed at these seconds; whether its node may judge at `now`.
fn may_judge(renewed: &[u64], now: u64) -> bool {
    let clock = Arc::new(SetClock::default());
    let lease = Lease::new(clock.clone(), Duration::from_secs(30), true, Incarnation(1), clock.monotonic());
    for at in renewed {
        clock.0.store(*at, Ordering::Relaxed);
        lease.extend(clock.monotonic());
    }
    clock.0.store(now, Ordering::Relaxed);
    lease.may_judge()
}

#[test]
fn a_new_node_judges_after_a_whole_lease() {
    assert!(!may_judge(&[], 1));
    assert!(!may_judge(&[10, 20], 29));
    assert!(may_judge(&[10, 20, 30], 30));
}

#[test]
fn after_a_gap_a_node_judges_after_a_whole_lease() {
    // The store was away from 40 on: all leases have run out when it is back at 80.
    assert!(may_judge(&[10, 20, 30, 40], 41));
    assert!(!may_judge(&[10, 20, 30, 40], 80), "its own is in doubt");
    assert!(!may_judge(&[10, 20, 30, 40, 80], 81));
    assert!(!may_judge(&[10, 20, 30, 40, 80, 90, 100], 109));
    assert!(may_judge(&[10, 20, 30, 40, 80, 90, 100, 110], 111));
}

#[test]
fn a_late_renewal_without_a_gap_is_no_new_beginning() {
    assert!(may_judge(&[14, 28, 42], 43));
}

#[test]
fn a_new_incarnation_judges_after_a_whole_lease() {
    let clock = Arc::new(SetClock::default());
    let lease = Lease::new(clock.clone(), Duration::from_secs(30), true, Incarnation(1), clock.monotonic());
    clock.0.store(10, Ordering::Relaxed);
    lease.lost();
    lease.extend(clock.monotonic());
    clock.0.store(31, Ordering::Relaxed);
    lease.extend(clock.monotonic());
    assert!(!lease.may_judge());
}
