use std::{collections::BTreeSet, sync::Arc};

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation, Trigger},
    id::{EnvironmentId, ID_BYTES, MessageId},
    message::{Message, Payload, ProfileHash},
};

use super::*;

const SETTINGS: LaneSettings = LaneSettings { ceiling: 128, rate: None, application_rate: None };
const BOUNDS: Bounds = Bounds { in_flight: 16, queued: 64, bytes: 1 << 20, lane_queued: 32 };
const OK: Ended = Ended { pace: Pace::Faster, success: Some(true), breaker: true };
const TIMED_OUT: Ended = Ended { pace: Pace::Slower, success: Some(false), breaker: true };
const WALL: Timestamp = Timestamp(1_000_000_000);

fn at(millis: u64) -> Monotonic {
    Monotonic(Duration::from_millis(millis))
}

fn application(n: u8) -> ApplicationId {
    ApplicationId([n; ID_BYTES])
}

fn endpoint(n: u8) -> EndpointId {
    EndpointId([n; ID_BYTES])
}

/// A delivery of message `message` to endpoint `to` of the application of the same number.
fn job(to: u8, message: u16) -> Job {
    let mut id = [0; ID_BYTES];
    id[..2].copy_from_slice(&message.to_be_bytes());
    let message = Message {
        replace_key: None,
        supersedes: true,
        id: MessageId(id),
        environment: EnvironmentId([0; ID_BYTES]),
        application: application(to),
        event_type: "a".parse().unwrap(),
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        created_at: WALL,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        only: None,
        profile: ProfileHash([0; 32]),
        payload_expires_day: 0,
        payload: Payload::Json("{}".into()),
    };
    Job {
        key: DeliveryKey { application: application(to), message: message.id, endpoint: endpoint(to) },
        message: Arc::new(message),
        owner: Incarnation(1),
        retries_used: 0,
        expires_at: None,
        replaceable: false,
        profile: ProfileHash([0; 32]),
        trigger: Trigger::Scheduled,
        claimed: false,
        ordered: false,
        weight: 100,
    }
}

fn reserve(lanes: &mut Lanes, to: u8) -> bool {
    lanes.reserve(application(to), endpoint(to), SETTINGS, 100, at(0))
}

fn fill(lanes: &mut Lanes, to: u8, count: u16) -> u16 {
    let promised = (0..count).take_while(|_| reserve(lanes, to)).count();
    let promised = u16::try_from(promised).unwrap();
    for n in 0..promised {
        lanes.admit(job(to, n), at(0));
    }
    promised
}

fn start_all(lanes: &mut Lanes, now: Monotonic) -> Vec<Job> {
    std::iter::from_fn(|| lanes.next(now)).collect()
}

#[test]
fn a_lane_starts_with_eight_at_once_in_order() {
    let mut lanes = Lanes::new(BOUNDS);
    fill(&mut lanes, 1, 20);
    let started = start_all(&mut lanes, at(0));
    let messages: Vec<_> = started.iter().map(|job| job.key.message.0[1]).collect();
    assert_eq!(messages, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn max_concurrency_is_the_ceiling() {
    let mut lanes = Lanes::new(BOUNDS);
    let settings = LaneSettings { ceiling: 2, ..SETTINGS };
    for n in 0..5 {
        assert!(lanes.reserve(application(1), endpoint(1), settings, 100, at(0)));
        lanes.admit(job(1, n), at(0));
    }
    assert_eq!(start_all(&mut lanes, at(0)).len(), 2);
}

#[test]
fn hanging_endpoints_leave_a_quarter_of_the_slots_to_proven_ones() {
    let mut lanes = Lanes::new(BOUNDS);
    fill(&mut lanes, 9, 1);
    let proof = lanes.next(at(0)).unwrap();
    lanes.ended(&proof, OK, at(1), WALL);
    for hanging in 1..=4 {
        fill(&mut lanes, hanging, 8);
    }
    assert_eq!(start_all(&mut lanes, at(1)).len(), 12, "three quarters of 16");
    assert_eq!(fill(&mut lanes, 9, 8), 8, "the proven lane still gets memory");
    let started = start_all(&mut lanes, at(1));
    assert_eq!(started.len(), 4, "and the slots kept for it");
    assert!(started.iter().all(|job| job.key.endpoint == endpoint(9)));
}

#[test]
fn parked_lanes_go_on_as_hanging_attempts_end() {
    let mut lanes = Lanes::new(BOUNDS);
    for hanging in 1..=3 {
        fill(&mut lanes, hanging, 8);
    }
    let hanging = start_all(&mut lanes, at(0));
    assert_eq!(hanging.len(), 12);
    lanes.ended(&hanging[0], TIMED_OUT, at(10), WALL);
    assert!(lanes.next(at(10)).is_some(), "the freed slot is used");
    assert!(lanes.next(at(10)).is_none());
}

#[test]
fn a_parked_lane_waits_once_however_much_is_offered_to_it() {
    let mut lanes = Lanes::new(Bounds { in_flight: 4, ..BOUNDS });
    for hanging in 1..=3 {
        fill(&mut lanes, hanging, 2);
    }
    let hanging = start_all(&mut lanes, at(0));
    assert_eq!(hanging.len(), 3, "three quarters of 4");
    for n in 10..30 {
        lanes.offer(job(3, n), SETTINGS, at(0));
        assert!(lanes.next(at(0)).is_none());
    }
    assert!(lanes.parked.len() <= 3, "each lane waits once: {:?}", lanes.parked);
}

#[test]
fn a_place_that_a_parked_lane_no_longer_needs_goes_to_the_next_one() {
    let mut lanes = Lanes::new(Bounds { in_flight: 4, ..BOUNDS });
    for hanging in 1..=4 {
        fill(&mut lanes, hanging, 1);
    }
    let first = start_all(&mut lanes, at(0));
    assert_eq!((first.len(), lanes.parked.len()), (3, 1));
    lanes.parked.push_front(endpoint(200));
    lanes.ended(&first[0], TIMED_OUT, at(1), WALL);
    assert!(lanes.next(at(1)).is_some(), "though one that was parked had gone");
}

#[test]
fn claims_of_many_lanes_share_the_room_there_is() {
    let mut lanes = Lanes::new(BOUNDS);
    let wanted = (1..=200).map(|to| (application(to), endpoint(to)));
    let claims = lanes.claims(wanted, at(0));
    let claimed: usize = claims.iter().map(|claim| claim.limit).sum();
    assert_eq!(claimed, 48, "unproven lanes leave a quarter of 64 to the others");
}

#[test]
fn the_memory_of_a_node_is_bounded_and_partly_kept_for_proven_lanes_and_claims() {
    let mut lanes = Lanes::new(BOUNDS);
    let unproven: u16 = (1..=4).map(|to| fill(&mut lanes, to, 32)).sum();
    assert_eq!(unproven, 42, "three quarters of seven eighths of 64");
    assert!(lanes.claim(application(9), endpoint(9), at(0)).is_some(), "claims still find room");
}

#[test]
fn what_found_no_place_makes_later_work_queue_behind_it_until_a_claim_catches_up() {
    let mut lanes = Lanes::new(Bounds { lane_queued: 2, ..BOUNDS });
    assert_eq!(fill(&mut lanes, 1, 3), 2);
    let started = start_all(&mut lanes, at(0));
    let aftermath = lanes.ended(&started[0], OK, at(0), WALL);
    assert!(!reserve(&mut lanes, 1), "there is room, but older work waits in the store");
    let claim = aftermath.hungry.expect("the lane asks for what waits for it");
    lanes.caught_up(claim, 0);
    assert!(reserve(&mut lanes, 1));
}

#[test]
fn a_promise_not_kept_is_taken_back() {
    let mut lanes = Lanes::new(BOUNDS);
    assert!(reserve(&mut lanes, 1));
    lanes.unreserve(endpoint(1), 100);
    assert_eq!(lanes.sizes(), [1, 0, 0, 0]);
}

#[test]
fn a_lane_that_asks_for_a_rest_gives_its_work_back_and_goes_on_afterwards() {
    let mut lanes = Lanes::new(BOUNDS);
    fill(&mut lanes, 1, 10);
    let first = lanes.next(at(0)).unwrap();
    let rest = Ended { pace: Pace::RestUntil(WALL + Duration::from_secs(5)), ..TIMED_OUT };
    let aftermath = lanes.ended(&first, rest, at(0), WALL);
    assert_eq!(aftermath.give_back.len(), 9);
    assert_eq!(aftermath.rest_until, Some(WALL + Duration::from_secs(5)));
    assert!(lanes.next(at(4_999)).is_none());
    assert!(!reserve(&mut lanes, 1));
    lanes.offer(Job { claimed: true, ..job(1, 1) }, SETTINGS, at(4_999));
    assert!(lanes.next(at(4_999)).is_none());
    assert_eq!(lanes.wake_at(), Some(at(5_000)));
    assert!(lanes.next(at(5_000)).is_some());
}

#[test]
fn an_open_breaker_lets_one_probe_through() {
    let mut lanes = Lanes::new(Bounds { lane_queued: 64, in_flight: 64, queued: 512, ..BOUNDS });
    fill(&mut lanes, 1, 64);
    let failed = Ended { pace: Pace::Same, success: Some(false), breaker: true };
    let mut rested = None;
    let mut failures = 0;
    while rested.is_none() {
        let job = lanes.next(at(0)).unwrap();
        rested = lanes.ended(&job, failed, at(0), WALL).rest_until;
        failures += 1;
    }
    assert_eq!(failures, 20);
    let later = at(30_000);
    for n in 0..5 {
        lanes.offer(job(1, 200 + n), SETTINGS, later);
    }
    let probe = lanes.next(later).unwrap();
    assert!(lanes.next(later).is_none(), "one probe");
    lanes.ended(&probe, OK, later, WALL);
    assert_eq!(start_all(&mut lanes, later).len(), 4, "and with its success all is well");
}

#[test]
fn a_due_retry_gets_one_slot_in_eight_though_fresh_work_never_ends() {
    let mut lanes = Lanes::new(BOUNDS);
    for to in 1..=20 {
        fill(&mut lanes, to, 2);
    }
    lanes.offer(Job { claimed: true, ..job(200, 7) }, SETTINGS, at(0));
    let first_eight: Vec<_> = (0..8).filter_map(|_| lanes.next(at(0))).collect();
    assert!(first_eight.iter().any(|job| job.claimed));
}

#[test]
fn rates_hold_for_an_endpoint_and_for_a_whole_application() {
    let mut lanes = Lanes::new(BOUNDS);
    let settings = LaneSettings { rate: Some(10), application_rate: Some(1), ..SETTINGS };
    for n in 0..3 {
        assert!(lanes.reserve(application(1), endpoint(1), settings, 100, at(0)));
        lanes.admit(job(1, n), at(0));
    }
    assert_eq!(start_all(&mut lanes, at(0)).len(), 1, "the application's rate is the lower one");
    assert_eq!(lanes.wake_at(), Some(at(1_000)));
    assert_eq!(start_all(&mut lanes, at(1_000)).len(), 1);
}

#[test]
fn nothing_is_left_counted_after_everything_ended() {
    let mut lanes = Lanes::new(BOUNDS);
    for to in 1..=5 {
        fill(&mut lanes, to, 10);
    }
    let mut ended = 0;
    while let Some(job) = lanes.next(at(0)) {
        let how = if ended % 3 == 0 { TIMED_OUT } else { OK };
        lanes.ended(&job, how, at(0), WALL);
        ended += 1;
    }
    assert!(ended > 0);
    lanes.drain();
    assert_eq!(lanes.sizes()[1..], [0, 0, 0]);
    assert_eq!((lanes.in_flight_unproven, lanes.queued_unproven), (0, 0));
    lanes.forget_idle(at(1_000_000));
    assert_eq!(lanes.sizes()[0], 0, "idle lanes are forgotten");
}
