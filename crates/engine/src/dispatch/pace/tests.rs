use fanfare_core::id::{ApplicationId, EndpointId, ID_BYTES, MessageId};

use super::*;

fn delivery(n: u8) -> DeliveryKey {
    DeliveryKey {
        application: ApplicationId([0; ID_BYTES]),
        message: MessageId([n; ID_BYTES]),
        endpoint: EndpointId([0; ID_BYTES]),
    }
}

#[test]
fn concurrency_grows_by_one_per_round_of_successes_and_halves_on_trouble() {
    let mut concurrency = Concurrency::new();
    assert_eq!(concurrency.allowed(128), LANE_CONCURRENCY_START);
    for _ in 0..9 {
        concurrency.grow(128);
    }
    assert_eq!(concurrency.allowed(128), 9);
    concurrency.shrink();
    assert_eq!(concurrency.allowed(128), 4);
    for _ in 0..10 {
        concurrency.shrink();
    }
    assert_eq!(concurrency.allowed(128), 1, "one is always allowed");
    for _ in 0..100_000 {
        concurrency.grow(20);
    }
    assert_eq!(concurrency.allowed(20), 20, "never above the ceiling");
}

#[test]
fn the_breaker_opens_after_20_failures_of_10_deliveries_and_stays_open_longer_each_time() {
    let mut breaker = Breaker::default();
    for n in 0..19 {
        assert_eq!(breaker.failure(delivery(n % 10)), None);
    }
    assert_eq!(breaker.failure(delivery(9)), Some(OPEN_FIRST));
    assert!(breaker.is_half_open());
    assert_eq!(breaker.failure(delivery(1)), None, "what was in flight already says nothing new");
    let mut failed_probe = || {
        breaker.started();
        breaker.failure(delivery(1))
    };
    assert_eq!(failed_probe(), Some(OPEN_FIRST * 2), "a failed probe opens it again");
    assert_eq!((0..20).map(|_| failed_probe()).last(), Some(Some(OPEN_MOST)));
    breaker.success();
    assert!(!breaker.is_half_open());
    assert_eq!(breaker.failure(delivery(1)), None, "a success starts the count anew");
}

#[test]
fn one_delivery_that_fails_for_ever_does_not_open_the_breaker() {
    let mut breaker = Breaker::default();
    assert!((0..100).all(|_| breaker.failure(delivery(1)).is_none()));
}

#[test]
fn a_rate_lets_through_so_many_a_second_and_no_more() {
    for per_second in [1, 3, 10, 100, 5_000] {
        let mut rate = Rate::default();
        let mut now = Monotonic(Duration::from_secs(100));
        let end = now + Duration::from_secs(10);
        let mut taken = 0_u32;
        while now < end {
            match rate.ready(interval(per_second), now) {
                Ok(()) => {
                    rate.take(interval(per_second), now);
                    taken += 1;
                }
                Err(at) => {
                    assert!(at > now, "the moment named lies ahead");
                    now = at;
                }
            }
        }
        let most = u32::from(per_second) * 10;
        assert!((most..=most + most / 50 + 1).contains(&taken), "{taken} in 10 s at {per_second}/s");
    }
}
