use proptest::prelude::*;

use super::*;

fn of(latencies: &[u64]) -> Latencies {
    let mut counted = Latencies::default();
    for micros in latencies {
        counted.count(Duration::from_micros(*micros));
    }
    counted
}

proptest! {
    #[test]
    fn percentiles_are_at_most_a_tenth_beside_the_truth(
        mut micros in proptest::collection::vec(100_u64..200_000_000_000, 1..200),
        share in 0.01_f64..=1.0,
    ) {
        let read = of(&micros).percentile(share).unwrap().as_secs_f64();
        micros.sort_unstable();
        let place = ((micros.len() as f64 * share).ceil() as usize).max(1) - 1;
        let truth = micros[place] as f64 / 1e6;
        prop_assert!((read / truth - 1.0).abs() < 0.1, "{read} s for {truth} s");
    }

    #[test]
    fn adding_is_counting_together(
        left in proptest::collection::vec(any::<u64>(), 0..50),
        right in proptest::collection::vec(any::<u64>(), 0..50),
    ) {
        let mut added = of(&left);
        added.add(&of(&right));
        prop_assert_eq!(added, of(&[left, right].concat()));
    }
}

#[test]
fn nothing_has_no_percentile_and_no_rate() {
    assert_eq!(Latencies::default().percentile(0.5), None);
    assert_eq!(Activity::default().success_rate(), None);
}

#[test]
fn extremes_have_a_bucket() {
    assert!(of(&[0]).percentile(1.0).unwrap() < Duration::from_millis(1));
    assert!(of(&[u64::MAX]).percentile(1.0).unwrap() > Duration::from_secs(86_400));
}

#[test]
fn minutes_together_add_up_and_keep_the_most_that_waited() {
    let minute = |accepted, succeeded, failed, waiting| Activity {
        accepted,
        succeeded,
        failed,
        latencies: of(&[1_000]),
        waiting,
    };
    let waiting = |endpoints, oldest_seconds| Some(Waiting { endpoints, oldest_seconds });
    let mut all = minute(1, 3, 1, waiting(5, 1));
    all.add(&minute(2, 0, 0, waiting(2, 60)));
    all.add(&minute(0, 0, 4, None));
    assert_eq!((all.accepted, all.succeeded, all.failed), (3, 3, 5));
    assert_eq!((all.waiting, all.success_rate()), (waiting(5, 60), Some(0.375)));
}

#[test]
fn it_is_kept_as_little_text() {
    let activity = Activity { accepted: 2, latencies: of(&[1_000, 1_000, 5_000_000]), ..Activity::default() };
    let text = serde_json::to_string(&activity).unwrap();
    assert_eq!(text, r#"{"accepted":2,"succeeded":0,"failed":0,"latencies":"14:2 63:1"}"#);
    assert_eq!(serde_json::from_str::<Activity>(&text).unwrap(), activity);
    for wrong in ["14", "14:", "x:1", "14:2,63:1", "300:1"] {
        assert_eq!(Latencies::try_from(wrong.to_owned()), Err(InvalidLatencies), "{wrong}");
    }
}

#[test]
fn a_minute_begins_at_its_start() {
    let at = Timestamp::from_seconds(1_800_000_059);
    assert_eq!(Minute::of(at).start(), Timestamp::from_seconds(1_800_000_000));
    assert_eq!(Minute::of(Timestamp(-1)), Minute(-1));
}
