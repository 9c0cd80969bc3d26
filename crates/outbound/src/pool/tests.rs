use super::*;

const BOUNDS: PoolBounds = PoolBounds { total: 4, per_key: 2, age: Duration::from_secs(10) };

fn key(application: u8, host: &str) -> PoolKey {
    let origin = Origin { host: Host::parse(host).unwrap(), port: 443, tls: true };
    PoolKey { application: ApplicationId([application; 20]), origin, verify_tls: true }
}

fn at(seconds: u64) -> Monotonic {
    Monotonic(Duration::from_secs(seconds))
}

#[test]
fn gives_the_newest_first_and_each_only_once() {
    let pool = Pool::new(BOUNDS);
    pool.put(key(1, "a.example"), "old", at(0));
    pool.put(key(1, "a.example"), "new", at(1));
    assert_eq!(pool.take(&key(1, "a.example")), Some("new"));
    assert_eq!(pool.take(&key(1, "a.example")), Some("old"));
    assert_eq!(pool.take(&key(1, "a.example")), None);
}

#[test]
fn shares_nothing_between_applications_origins_and_tls_settings() {
    let pool = Pool::new(BOUNDS);
    pool.put(key(1, "a.example"), "kept", at(0));
    let unverified = PoolKey { verify_tls: false, ..key(1, "a.example") };
    let mut plain = key(1, "a.example");
    plain.origin.tls = false;
    let mut port = key(1, "a.example");
    port.origin.port = 8443;
    for other in [key(2, "a.example"), key(1, "b.example"), unverified, plain, port] {
        assert_eq!(pool.take(&other), None, "{other:?}");
    }
    assert_eq!(pool.take(&key(1, "a.example")), Some("kept"));
}

#[test]
fn the_oldest_of_a_key_makes_room_for_the_newest() {
    let pool = Pool::new(BOUNDS);
    for name in ["one", "two", "three"] {
        pool.put(key(1, "a.example"), name, at(0));
    }
    assert_eq!(pool.take(&key(1, "a.example")), Some("three"));
    assert_eq!(pool.take(&key(1, "a.example")), Some("two"));
    assert_eq!(pool.take(&key(1, "a.example")), None);
}

#[test]
fn the_oldest_of_all_makes_room_when_the_pool_is_full() {
    let pool = Pool::new(BOUNDS);
    for application in 1..=5 {
        pool.put(key(application, "a.example"), application, at(0));
    }
    assert_eq!(pool.take(&key(1, "a.example")), None);
    for application in 2..=5 {
        assert_eq!(pool.take(&key(application, "a.example")), Some(application));
    }
}

#[test]
fn a_sweep_closes_what_is_old_and_nothing_else() {
    let pool = Pool::new(BOUNDS);
    pool.put(key(1, "a.example"), "old", at(0));
    pool.put(key(1, "a.example"), "young", at(5));
    pool.sweep(at(10));
    assert_eq!(pool.take(&key(1, "a.example")), Some("young"));
    assert_eq!(pool.take(&key(1, "a.example")), None);
}

#[test]
fn a_closed_pool_keeps_nothing() {
    let pool = Pool::new(BOUNDS);
    pool.put(key(1, "a.example"), "before", at(0));
    pool.close();
    pool.put(key(1, "a.example"), "after", at(0));
    assert_eq!(pool.take(&key(1, "a.example")), None);
}

#[test]
fn bounds_of_zero_keep_nothing() {
    let pool = Pool::new(PoolBounds { total: 0, ..BOUNDS });
    pool.put(key(1, "a.example"), "one", at(0));
    assert_eq!(pool.take(&key(1, "a.example")), None);
}
