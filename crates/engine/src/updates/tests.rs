use fanfare_core::{
    delivery::DeliveryKey,
    id::{ID_BYTES, MessageId},
    time::Timestamp,
};
use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;

fn updates() -> Arc<Updates> {
    Updates::new(7, Gauge::default(), Counter::default())
}

fn wanted(application: Option<u8>) -> Wanted {
    Wanted {
        environment: EnvironmentId([1; ID_BYTES]),
        application: application.map(|number| ApplicationId([number; ID_BYTES])),
        endpoints: None,
        event_types: None,
        states: None,
    }
}

fn change(application: u8, number: u32) -> Change {
    let mut message = [0; ID_BYTES];
    message[..4].copy_from_slice(&number.to_be_bytes());
    Change {
        environment: EnvironmentId([1; ID_BYTES]),
        key: DeliveryKey {
            application: ApplicationId([application; ID_BYTES]),
            message: MessageId(message),
            endpoint: EndpointId([3; ID_BYTES]),
        },
        event_type: "a.b".parse().unwrap(),
        state: DeliveryState::Succeeded,
        reason: None,
        due: None,
        attempt: None,
        at: Timestamp(0),
    }
}

fn number(update: &Update) -> u32 {
    u32::from_be_bytes(*update.change.key.message.0.first_chunk().unwrap())
}

/// All that is there to hear now.
fn heard(follower: &Follower) -> Vec<Told> {
    std::iter::from_fn(|| follower.next().now_or_never()).take_while(|told| *told != Told::End).collect()
}

fn numbers(follower: &Follower) -> Vec<u32> {
    let number = |told: Told| match told {
        Told::Update(update) => number(&update),
        other => panic!("{other:?}"),
    };
    heard(follower).into_iter().map(number).collect()
}

fn last(follower: &Follower) -> UpdateId {
    match heard(follower).last() {
        Some(Told::Update(update)) => update.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_follower_hears_what_it_wants_in_order_and_nothing_from_before() {
    let updates = updates();
    let other = updates.follow(wanted(Some(9)), None).unwrap();
    updates.tell(change(2, 0));
    let follower = updates.follow(wanted(Some(2)), None).unwrap();
    let all = updates.follow(wanted(None), None).unwrap();
    for (application, number) in [(2, 1), (8, 2), (2, 3)] {
        updates.tell(change(application, number));
    }
    assert_eq!(numbers(&follower), [1, 3]);
    assert_eq!(numbers(&all), [1, 2, 3]);
    assert!(heard(&other).is_empty());
}

#[test]
fn filters_narrow_by_environment_endpoint_type_and_state() {
    let updates = updates();
    let narrow = |change: fn(&mut Wanted)| {
        let mut wanted = wanted(Some(2));
        change(&mut wanted);
        updates.follow(wanted, None).unwrap()
    };
    let others = [
        narrow(|wanted| wanted.environment = EnvironmentId([2; ID_BYTES])),
        narrow(|wanted| wanted.endpoints = Some([EndpointId([4; ID_BYTES])].into())),
        narrow(|wanted| wanted.event_types = Some(["a".parse().unwrap()].into())),
        narrow(|wanted| wanted.states = Some(vec![DeliveryState::Failed])),
    ];
    let same = [
        narrow(|wanted| wanted.endpoints = Some([EndpointId([3; ID_BYTES])].into())),
        narrow(|wanted| wanted.event_types = Some(["a.b".parse().unwrap()].into())),
        narrow(|wanted| wanted.states = Some(vec![DeliveryState::Failed, DeliveryState::Succeeded])),
    ];
    updates.tell(change(2, 1));
    assert!(others.iter().all(|follower| heard(follower).is_empty()));
    assert!(same.iter().all(|follower| numbers(follower) == [1]));
}

#[test]
fn who_comes_back_goes_on_after_what_it_saw_last() {
    let updates = updates();
    let follower = updates.follow(wanted(Some(2)), None).unwrap();
    updates.tell(change(2, 1));
    let seen = last(&follower);
    drop(follower);
    for number in 2..1000 {
        updates.tell(change(2, number));
        updates.tell(change(5, number));
    }
    let back = updates.follow(wanted(Some(2)), Some(&seen.to_string())).unwrap();
    assert_eq!(back.position(), seen);
    updates.tell(change(2, 1000));
    assert_eq!(numbers(&back), (2..=1000).collect::<Vec<_>>());
}

#[test]
fn an_id_of_another_life_or_of_none_resets() {
    let updates = updates();
    for seen in ["6-1", "7-1", "7-99", "nonsense", "7", "-1", ""] {
        let follower = updates.follow(wanted(None), Some(seen)).unwrap();
        let [Told::Reset(Gap::Unknown, at)] = heard(&follower)[..] else { panic!("{seen}") };
        assert_eq!(at, follower.position());
    }
    let follower = updates.follow(wanted(None), Some("7-0")).unwrap();
    assert_eq!(heard(&follower), [], "the beginning of this life");
}

#[test]
fn a_slow_follower_catches_up_from_what_is_remembered() {
    let updates = updates();
    let slow = updates.follow(wanted(Some(2)), None).unwrap();
    let all = u32::try_from(STREAM_RECENT).unwrap();
    for number in 0..all {
        updates.tell(change(2, number));
    }
    assert_eq!(updates.state.lock().seats[&0].queue.len(), STREAM_BUFFER, "no more waits for it");
    assert_eq!(numbers(&slow), (0..all).collect::<Vec<_>>());
}

#[test]
fn a_follower_too_slow_for_that_is_told_so_and_goes_on() {
    let updates = updates();
    let slow = updates.follow(wanted(None), None).unwrap();
    let buffer = u32::try_from(STREAM_BUFFER).unwrap();
    let all = u32::try_from(STREAM_RECENT).unwrap() + buffer + 1;
    for number in 0..all {
        updates.tell(change(2, number));
    }
    assert_eq!(updates.state.lock().recent.len(), STREAM_RECENT);
    let mut told = heard(&slow);
    let Some(Told::Reset(Gap::Forgotten, at)) = told.pop() else { panic!("no reset at the end") };
    assert_eq!(told.len(), STREAM_BUFFER, "what waited for it came first");
    updates.tell(change(2, all));
    assert_eq!(numbers(&slow), [all]);
    let back = updates.follow(wanted(None), Some(&at.to_string())).unwrap();
    assert_eq!(numbers(&back), [all], "the reset's id is a place to go on from");
}

#[test]
fn nothing_is_remembered_while_nobody_follows_and_a_while_later_nothing_is_left() {
    let updates = updates();
    updates.tell(change(2, 1));
    assert_eq!(updates.state.lock().recent.len(), 0);
    let follower = updates.follow(wanted(None), None).unwrap();
    updates.tell(change(2, 2));
    let seen = last(&follower).to_string();
    let at = |time| Monotonic(time);
    updates.rest(at(STREAM_LINGER * 9));
    assert!(updates.are_followed());
    drop(follower);
    updates.rest(at(STREAM_LINGER * 10));
    updates.tell(change(2, 3));
    updates.rest(at(STREAM_LINGER * 10 + STREAM_LINGER / 2));
    let back = updates.follow(wanted(None), Some(&seen)).unwrap();
    assert_eq!(numbers(&back), [3], "a short absence is bridged");
    drop(back);
    updates.rest(at(STREAM_LINGER * 20));
    updates.rest(at(STREAM_LINGER * 21));
    assert!(!updates.are_followed());
    updates.tell(change(2, 4));
    let back = updates.follow(wanted(None), Some(&seen)).unwrap();
    assert!(matches!(heard(&back)[..], [Told::Reset(Gap::Forgotten, _)]));
}

#[test]
fn so_many_follow_and_no_more() {
    let updates = updates();
    let follow = |application| updates.follow(wanted(application), None);
    let mut followers = Vec::new();
    for application in [Some(0), None] {
        for _ in 0..STREAMS_PER_SUBJECT {
            followers.push(follow(application).unwrap());
        }
        assert_eq!(follow(application).err(), Some(FollowError::SubjectFull));
    }
    for application in (1..u8::MAX).cycle().take(STREAMS - 2 * STREAMS_PER_SUBJECT) {
        followers.push(follow(Some(application)).unwrap());
    }
    assert_eq!(follow(Some(250)).err(), Some(FollowError::Full));
    assert_eq!(updates.open.get(), i64::try_from(STREAMS).unwrap());
    followers.pop();
    followers.push(follow(Some(250)).unwrap());
    drop(followers);
    assert_eq!(updates.open.get(), 0);
    assert!(updates.state.lock().seats.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_who_waits_and_who_comes() {
    let updates = updates();
    let follower = updates.follow(wanted(None), None).unwrap();
    let (told, ()) = tokio::join!(follower.next(), async {
        tokio::task::yield_now().await;
        updates.end();
    });
    assert_eq!(told, Told::End);
    assert_eq!(follower.next().now_or_never(), Some(Told::End));
    assert_eq!(updates.follow(wanted(None), None).err(), Some(FollowError::Ended));
}

proptest! {
    /// Whatever the order of telling, reading and coming back: a follower hears every update that it wants, in
    /// order, or a reset in their place.
    #[test]
    fn nothing_is_missed_without_a_word(steps in proptest::collection::vec((0_u8..6, 1_u16..3_000), 1..40)) {
        let updates = updates();
        let _keeps_them_told = updates.follow(wanted(None), None).unwrap();
        let mut follower = updates.follow(wanted(Some(2)), None).unwrap();
        let (mut told, mut expected, mut seen) = (0_u32, 0_u32, follower.position());
        for (step, times) in steps {
            match step {
                0..=2 => for _ in 0..times {
                    updates.tell(change(2, told));
                    told += 1;
                    updates.tell(change(3, u32::MAX));
                },
                3 => follower = {
                    drop(follower);
                    updates.follow(wanted(Some(2)), Some(&seen.to_string())).unwrap()
                },
                _ => for _ in 0..times {
                    match follower.next().now_or_never() {
                        Some(Told::Update(update)) => {
                            prop_assert_eq!(number(&update), expected);
                            expected += 1;
                            seen = update.id;
                        }
                        Some(Told::Reset(_, at)) => {
                            expected = told;
                            seen = at;
                        }
                        Some(Told::End) => unreachable!("nobody ends it"),
                        None => {
                            prop_assert_eq!(expected, told, "nothing to hear though something was told");
                            break;
                        }
                    }
                },
            }
        }
    }
}
