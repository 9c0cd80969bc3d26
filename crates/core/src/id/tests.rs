use proptest::prelude::*;

use super::*;
use crate::sample::{Counting, NOW, StoppedClock};

fn clock(at: Timestamp) -> StoppedClock {
    StoppedClock(at.0.into())
}

#[test]
fn an_id_shows_its_kind() {
    let id: MessageId = IdMint::default().mint(&clock(NOW), &Counting::default());
    let text = id.to_string();
    assert!(text.starts_with("msg_") && text.len() == 4 + 27, "{text}");
    assert_eq!(format!("{id:?}"), text);
    assert_eq!(text.parse::<EndpointId>(), Err(InvalidId { prefix: "ep_" }));
}

#[test]
fn only_the_canonical_spelling_is_an_id() {
    let greatest = MessageId([0xff; 20]).to_string();
    assert_eq!(greatest.parse::<MessageId>(), Ok(MessageId([0xff; 20])));
    for text in [
        "",
        "msg_",
        "msg_0QdssH7qXTkQhWjXXjW9CNIjvi",
        "msg_0QdssH7qXTkQhWjXXjW9CNIjviVV",
        "msg_0QdssH7qXTkQhWjXXjW9CNIjvi-",
        "MSG_0QdssH7qXTkQhWjXXjW9CNIjviV",
        "0QdssH7qXTkQhWjXXjW9CNIjviV",
        // 27 digits hold more than 160 bits.
        "msg_zzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "msg_äääääääääääääa",
    ] {
        assert!(text.parse::<MessageId>().is_err(), "{text}");
    }
}

#[test]
fn ids_grow_even_while_the_clock_stands_or_steps_back() {
    let (mint, entropy) = (IdMint::default(), Counting::default());
    let mut last: MessageId = mint.mint(&clock(NOW), &entropy);
    for step in 0..2_000_i64 {
        let at = Timestamp(NOW.0 - 1_000 * (step % 7) * step);
        let next: MessageId = mint.mint(&clock(at), &entropy);
        assert!(next > last && next.to_string() > last.to_string());
        last = next;
    }
}

#[test]
fn the_successor_carries() {
    let mut id = [0; ID_BYTES];
    id[18..].copy_from_slice(&[0xff, 0xff]);
    let mut next = [0; ID_BYTES];
    next[17] = 1;
    assert_eq!(successor(id), next);
    assert_eq!(successor([0; ID_BYTES])[19], 1);
}

#[test]
fn ids_travel_as_json_text() {
    let id = ApplicationId([7; 20]);
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{id}\""));
    assert_eq!(serde_json::from_str::<ApplicationId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<MessageId>(&json).is_err());
}

#[test]
fn times_that_no_id_can_tell_are_before_or_after_all_ids() {
    assert_eq!(first_id_at(Timestamp::EPOCH), [0; ID_BYTES]);
    assert_eq!(first_id_at(Timestamp::MAX), [0xff; ID_BYTES]);
    assert_eq!(first_id_at(Timestamp::from_seconds(1_399_999_999)), [0; ID_BYTES]);
    let last = first_id_at(Timestamp::from_millis(ID_MILLIS.end - 1));
    assert!(last > first_id_at(Timestamp::from_millis(ID_MILLIS.start)) && last < [0xff; ID_BYTES]);
}

proptest! {
    #[test]
    fn every_id_comes_back_from_its_text(bytes: [u8; ID_BYTES]) {
        let id = EndpointId(bytes);
        prop_assert_eq!(id.to_string().parse::<EndpointId>(), Ok(id));
    }

    #[test]
    fn the_order_of_texts_is_the_order_of_ids(a: [u8; ID_BYTES], b: [u8; ID_BYTES]) {
        prop_assert_eq!(a.cmp(&b), MessageId(a).to_string().cmp(&MessageId(b).to_string()));
    }

    #[test]
    fn an_id_is_never_before_the_first_of_its_moment(millis in 1_500_000_000_000_i64..4_000_000_000_000) {
        let at = Timestamp::from_millis(millis);
        let id: MessageId = IdMint::default().mint(&clock(at), &Counting::default());
        prop_assert!(id.0 >= first_id_at(at));
        prop_assert!(id.0 < first_id_at(Timestamp::from_millis(millis + 8)));
    }
}
