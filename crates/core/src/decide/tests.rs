use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{
    delivery::{DeliveryEvent as E, DeliveryState},
    ports::{Failure, Response},
    sample::NOW,
};

const DAY: Duration = Duration::from_secs(86_400);

fn answer(status: u16, retry_after: Option<&str>) -> Outcome {
    let retry_after = retry_after.map(str::to_owned);
    Outcome { result: Ok(Response { status, retry_after, body: Bytes::new() }), remote: None }
}

fn failure(kind: FailureKind) -> Outcome {
    Outcome { result: Err(Failure::new(kind, "")), remote: None }
}

/// A first failure of an ordinary message.
fn attempted<'a>(outcome: &'a Outcome, rules: &'a DeliveryRules, retries_used: u32) -> Attempted<'a> {
    let (is_lifecycle, failing_since, now, jitter) = (false, None, NOW, 1.0);
    Attempted { outcome, rules, is_lifecycle, retries_used, failing_since, now, jitter }
}

fn decided(outcome: &Outcome, rules: &DeliveryRules, retries_used: u32) -> Decision {
    decide(&attempted(outcome, rules, retries_used))
}

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

#[test]
fn answers_under_the_default_rules() {
    let rules = &DeliveryRules::default();
    for (status, retry_after, retries_used, event, due, pace) in [
        (200, None, 0, E::Succeed, None, Pace::Faster),
        (299, Some("60"), 9, E::Succeed, None, Pace::Faster),
        (199, None, 0, E::Retry, Some(5), Pace::Same),
        (301, None, 0, E::Retry, Some(5), Pace::Same),
        (400, None, 1, E::Retry, Some(300), Pace::Same),
        (410, None, 0, E::Fail, None, Pace::Same),
        (500, None, 8, E::Retry, Some(86_400), Pace::Same),
        (500, None, 9, E::Fail, None, Pace::Same),
        (500, None, u32::MAX, E::Fail, None, Pace::Same),
        (429, None, 0, E::Retry, Some(5), Pace::Slower),
        (502, None, 0, E::Retry, Some(5), Pace::Slower),
        (503, None, 0, E::Retry, Some(5), Pace::Slower),
        (504, None, 0, E::Retry, Some(5), Pace::Slower),
        (503, Some("2"), 0, E::Retry, Some(5), Pace::RestUntil(after(2))),
        (503, Some("60"), 0, E::Retry, Some(60), Pace::RestUntil(after(60))),
        (503, Some("60"), 9, E::Fail, None, Pace::RestUntil(after(60))),
        (400, Some("60"), 0, E::Retry, Some(60), Pace::RestUntil(after(60))),
        (503, Some("99999999"), 0, E::Retry, Some(86_400), Pace::RestUntil(after(86_400))),
        (503, Some("soon"), 0, E::Retry, Some(5), Pace::Slower),
    ] {
        let decision = decided(&answer(status, retry_after), rules, retries_used);
        let found = (decision.event, decision.due, decision.pace);
        assert_eq!(found, (event, due.map(after), pace), "{status} {retry_after:?} {retries_used}");
        assert_eq!(decision.failing_since.is_none(), event == E::Succeed);
        let disable = (status == 410).then_some(DisableReason::Gone);
        assert_eq!(decision.disable, disable);
    }
}

#[test]
fn attempts_without_an_answer() {
    let rules = &DeliveryRules::default();
    for (kind, pace) in [
        (FailureKind::Timeout, Pace::Slower),
        (FailureKind::Connect, Pace::Same),
        (FailureKind::Dns, Pace::Same),
        (FailureKind::AddressRefused, Pace::Same),
        (FailureKind::Request, Pace::Same),
    ] {
        let decision = decided(&failure(kind), rules, 0);
        assert_eq!((decision.event, decision.due, decision.pace), (E::Retry, Some(after(5)), pace));
    }
}

#[test]
fn profiles_change_the_rules() {
    let default = DeliveryRules::default();
    let no_retries = DeliveryRules { retry_schedule: vec![], ..default.clone() };
    let only_200 = DeliveryRules { success: crate::rules::StatusSet(vec![200..=200]), ..default.clone() };
    let block = DeliveryRules { exhausted: Exhausted::Block, ..no_retries.clone() };
    let disable = DeliveryRules { exhausted: Exhausted::Disable, ..no_retries.clone() };
    let lost = DeliveryRules { timeout_is_final: true, ..default.clone() };
    let plain = DeliveryRules { gone_disables: false, retry_after: false, slow_down: [].into(), ..default };
    let timeout = failure(FailureKind::Timeout);
    for (rules, outcome, event, reason) in [
        (&no_retries, answer(500, None), E::Fail, None),
        (&only_200, answer(204, None), E::Retry, None),
        (&block, answer(500, None), E::Block, None),
        (&block, timeout.clone(), E::Block, None),
        (&block, answer(410, None), E::Fail, Some(DisableReason::Gone)),
        (&disable, answer(500, None), E::Fail, Some(DisableReason::Exhausted)),
        (&disable, answer(410, None), E::Fail, Some(DisableReason::Gone)),
        (&lost, timeout, E::Fail, None),
        (&lost, failure(FailureKind::Connect), E::Retry, None),
        (&plain, answer(410, None), E::Retry, None),
        (&plain, answer(503, Some("60")), E::Retry, None),
    ] {
        let decision = decided(&outcome, rules, 0);
        assert_eq!((decision.event, decision.disable), (event, reason), "{outcome:?}");
    }
    let calm = decided(&answer(503, Some("60")), &plain, 0);
    assert_eq!((calm.due, calm.pace), (Some(after(5)), Pace::Same));
}

#[test]
fn an_endpoint_that_has_only_failed_for_days_is_disabled_and_keeps_its_backlog() {
    let (rules, outcome) = (&DeliveryRules::default(), &answer(500, None));
    let decision = |failing_since| decide(&Attempted { failing_since, ..attempted(outcome, rules, 0) });
    assert_eq!(decision(None).failing_since, Some(NOW));
    let since = NOW - (5 * DAY - Duration::from_micros(1));
    assert_eq!((decision(Some(since)).disable, decision(Some(since)).failing_since), (None, Some(since)));
    let worn_out = decision(Some(NOW - 5 * DAY));
    assert_eq!((worn_out.disable, worn_out.event), (Some(DisableReason::Failing), E::Retry));
    let never = &DeliveryRules { disable_after: None, ..DeliveryRules::default() };
    let failing_since = Some(Timestamp::EPOCH);
    let patient = decide(&Attempted { failing_since, ..attempted(outcome, never, 0) });
    assert_eq!(patient.disable, None);
}

#[test]
fn tru_10_what_an_endpoint_is_told_about_itself_disables_nothing() {
    let strict = &DeliveryRules { exhausted: Exhausted::Disable, ..DeliveryRules::default() };
    for (status, retries_used, event) in [(410, 0, E::Fail), (500, 9, E::Fail), (500, 0, E::Retry)] {
        for failing_since in [None, Some(Timestamp::EPOCH)] {
            let outcome = answer(status, None);
            let ordinary = Attempted { failing_since, ..attempted(&outcome, strict, retries_used) };
            let decision = decide(&Attempted { is_lifecycle: true, ..ordinary });
            assert_eq!((decision.event, decision.due), (event, decide(&ordinary).due));
            assert_eq!((decision.disable, decision.failing_since), (None, failing_since));
            let held_against = decide(&ordinary).failing_since;
            assert!(held_against.is_some(), "an ordinary one is");
        }
    }
    let heard = answer(200, None);
    let lucky = Attempted { is_lifecycle: true, failing_since: Some(NOW), ..attempted(&heard, strict, 0) };
    assert_eq!(decide(&lucky).failing_since, Some(NOW), "that it heard a ping does not mean it is well");
}

#[test]
fn retry_after_in_all_its_forms() {
    for (text, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("Sat, 21 Nov 2026 05:01:00 GMT", Some(59)),
        ("Saturday, 21-Nov-26 05:01:00 GMT", Some(59)),
        ("Sat Nov 21 05:01:00 2026", Some(59)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sun Nov  6 08:49:37 1994", Some(0)),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("tomorrow", None),
        ("2026-11-21T05:01:00Z", None),
    ] {
        assert_eq!(retry_after(text, NOW).map(|rest| rest.as_secs()), seconds, "{text}");
    }
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let kinds = prop_oneof![
        Just(FailureKind::Dns),
        Just(FailureKind::Connect),
        Just(FailureKind::Timeout),
        Just(FailureKind::Broken),
    ];
    let retry_after = prop_oneof![Just(None), "[0-9]{1,6}".prop_map(Some), ".{0,40}".prop_map(Some)];
    prop_oneof![
        (100_u16..1000, retry_after).prop_map(|(status, text)| answer(status, text.as_deref())),
        kinds.prop_map(failure),
    ]
}

fn rules() -> impl Strategy<Value = DeliveryRules> {
    let exhausted = prop_oneof![Just(Exhausted::Fail), Just(Exhausted::Block), Just(Exhausted::Disable)];
    let waits = prop::collection::vec((0..1_000_000_u64).prop_map(Duration::from_secs), 0..5);
    (exhausted, waits, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(exhausted, retry_schedule, timeout_is_final, gone_disables, retry_after)| DeliveryRules {
            exhausted,
            retry_schedule,
            timeout_is_final,
            gone_disables,
            retry_after,
            ..DeliveryRules::default()
        },
    )
}

proptest! {
    #[test]
    fn decisions_agree_with_themselves(
        outcome in outcomes(),
        rules in rules(),
        retries_used in 0_u32..6,
        failing_for in prop::option::of(0_u64..1_000_000),
        jitter in 0.0_f64..2.0,
    ) {
        let failing_since = failing_for.map(|seconds| NOW - Duration::from_secs(seconds));
        let attempted = Attempted { failing_since, jitter, ..attempted(&outcome, &rules, retries_used) };
        let decision = decide(&attempted);
        let succeeded = decision.event == E::Succeed;
        let status = outcome.result.as_ref().map_or(0, |response| response.status);
        prop_assert_eq!(succeeded, rules.success.contains(status));
        prop_assert_eq!(decision.due.is_some(), decision.event == E::Retry);
        prop_assert!(decision.due.is_none_or(|due| due >= NOW));
        prop_assert_eq!(decision.failing_since.is_none(), succeeded);
        prop_assert!(decision.failing_since.is_none_or(|since| since <= NOW));
        prop_assert!(!(succeeded && decision.disable.is_some()));
        prop_assert_eq!(decision.pace == Pace::Faster, succeeded);
        let used_up = retries_used as usize >= rules.retry_schedule.len();
        prop_assert!(!(used_up && decision.event == E::Retry));
        if let Pace::RestUntil(until) = decision.pace {
            prop_assert!(rules.retry_after && until >= NOW && until <= NOW + RETRY_AFTER_MOST);
            prop_assert!(decision.due.is_none_or(|due| due >= until));
        }
        for state in [DeliveryState::Scheduled, DeliveryState::Pending, DeliveryState::Retrying] {
            prop_assert!(state.after(decision.event).is_some());
        }
        prop_assert_eq!(decide(&attempted), decision);
    }

    #[test]
    fn jitter_spreads_the_wait_and_nothing_else(jitter in 0.8_f64..1.2) {
        let (rules, outcome) = (&DeliveryRules::default(), &answer(500, None));
        let decision = decide(&Attempted { jitter, ..attempted(outcome, rules, 1) });
        let wait = decision.due.unwrap().since(NOW).as_secs_f64();
        prop_assert!((239.9..=360.1).contains(&wait), "{wait}");
    }
}
