use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn selection() -> Selection {
    Selection {
        endpoints: None,
        event_types: None,
        states: vec![DeliveryState::Failed],
        since: Timestamp(0),
        until: NOW,
        superseded: false,
        expired: false,
        missed: false,
    }
}

fn chosen() -> Chosen {
    Chosen {
        message: MessageId([1; 20]),
        endpoint: EndpointId([2; 20]),
        event_type: "a.b".parse().unwrap(),
        ordering_key: None,
        expires_at: None,
        superseded: false,
        payload_gone: false,
    }
}

#[test]
fn what_is_superseded_or_expired_is_sent_only_when_asked_for() {
    let superseded = Chosen { superseded: true, ..chosen() };
    let expired = Chosen { expires_at: Some(NOW), ..chosen() };
    let still_good = Chosen { expires_at: Some(Timestamp(NOW.0 + 1)), ..chosen() };
    let plain = selection();
    assert!(plain.sends(&chosen(), NOW) && plain.sends(&still_good, NOW));
    assert!(!plain.sends(&superseded, NOW) && !plain.sends(&expired, NOW));
    let asked = Selection { superseded: true, ..selection() };
    assert!(asked.sends(&superseded, NOW) && !asked.sends(&expired, NOW));
    let asked = Selection { expired: true, ..selection() };
    assert!(!asked.sends(&superseded, NOW) && asked.sends(&expired, NOW));
}

#[test]
fn without_its_payload_nothing_is_sent() {
    let gone = Chosen { payload_gone: true, ..chosen() };
    assert!(!Selection { superseded: true, expired: true, ..selection() }.sends(&gone, NOW));
}

#[test]
fn a_status_has_a_number_a_word_and_a_way_on() {
    for (number, status) in ReplayStatus::ALL.into_iter().enumerate() {
        assert_eq!(status as usize, number);
        assert_eq!(ReplayStatus::from_number(number as u8), Some(status));
        assert_eq!(status.is_open(), status.next() != status, "{}", status.as_str());
    }
    assert_eq!(ReplayStatus::from_number(5), None);
}
