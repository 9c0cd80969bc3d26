use super::*;

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

#[test]
fn an_address_that_fails_too_often_waits_and_others_do_not() {
    let (logins, guesser, other) =
        (Logins::default(), "192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    for second in 0..i64::from(LOGIN_FAILURES) {
        assert!(logins.may_try(guesser, seconds(second)));
        logins.failed(guesser, seconds(second));
    }
    assert!(!logins.may_try(guesser, seconds(20)));
    assert!(logins.may_try(other, seconds(20)));
    assert!(logins.may_try(guesser, seconds(60)), "the window has passed");
}

#[test]
fn addresses_of_one_ipv6_network_count_as_one() {
    let logins = Logins::default();
    for last in 0..LOGIN_FAILURES {
        logins.failed(format!("2001:db8::{last:x}").parse().unwrap(), seconds(0));
    }
    assert!(!logins.may_try("2001:db8::ffff".parse().unwrap(), seconds(1)));
    assert!(logins.may_try("2001:db8:0:1::1".parse().unwrap(), seconds(1)));
}

#[test]
fn memory_is_bounded_whoever_guesses() {
    let logins = Logins::default();
    for number in 0..2 * u32::try_from(LOGIN_ADDRESSES).unwrap() {
        logins.failed(IpAddr::V4(number.into()), seconds(0));
    }
    assert!(logins.failures.lock().len() <= LOGIN_ADDRESSES);
}
