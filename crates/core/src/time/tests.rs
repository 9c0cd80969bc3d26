use super::*;

#[test]
fn reads_what_sdks_send() {
    for (text, micros) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-21T05:00:00.123456789Z", 1_795_237_200_123_456),
        ("2026-11-21T07:00:00+02:00", 1_795_237_200_000_000),
        ("2026-11-21 05:00:00.123456789 UTC", 1_795_237_200_123_456),
        ("1969-12-31T23:59:59.5Z", -500_000),
    ] {
        assert_eq!(Timestamp::parse(text), Ok(Timestamp(micros)), "{text}");
    }
    for text in ["", "yesterday", "2026-11-21", "2026-11-21T05:00:00", "2026-13-01T00:00:00Z", "1795237200"] {
        assert_eq!(Timestamp::parse(text), Err(InvalidTimestamp), "{text}");
    }
}

#[test]
fn shows_three_digits_and_prints_all() {
    let time = Timestamp(1_795_237_200_120_004);
    assert_eq!(time.to_string(), "2026-11-21T05:00:00.120Z");
    assert_eq!(format!("{time:?}"), "2026-11-21T05:00:00.120004Z");
    assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-11-21T05:00:00.120Z\"");
    assert_eq!(serde_json::from_str::<Timestamp>("\"1970-01-01T00:00:01Z\"").unwrap(), Timestamp(1_000_000));
    assert!(!Timestamp::MAX.to_string().is_empty());
}

#[test]
fn units_round_down_also_before_the_epoch() {
    let time = Timestamp(-1);
    assert_eq!((time.as_millis(), time.as_seconds(), time.day()), (-1, -1, -1));
    assert_eq!(Timestamp::from_seconds(86_400).day(), 1);
    assert_eq!(Timestamp::from_millis(1_999).as_seconds(), 1);
}

#[test]
fn sums_stop_at_the_ends() {
    let (hour, one) = (Duration::from_secs(3600), Timestamp(1));
    assert_eq!(Timestamp::MAX + hour, Timestamp::MAX);
    assert_eq!(Timestamp(i64::MIN) - hour, Timestamp(i64::MIN));
    assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::MAX);
    assert_eq!((one + hour) - hour, one);
    assert_eq!(one.since(one + hour), Duration::ZERO);
    assert_eq!((one + hour).since(one), hour);
}
