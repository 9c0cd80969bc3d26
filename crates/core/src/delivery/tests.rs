use super::*;

/// The table once more, written the other way round: from the events.
fn expected(state: S, event: E) -> Option<S> {
    match (event, state.is_waiting()) {
        (E::Resend, _) => Some(S::Pending),
        (_, false) => None,
        (E::Succeed, true) => Some(S::Succeeded),
        (E::Retry, true) => Some(S::Retrying),
        (E::Fail, true) => Some(S::Failed),
        (E::Block, true) => Some(S::Blocked),
        (E::Cancel, true) => Some(S::Cancelled),
        (E::Skip, true) => Some(S::Skipped),
    }
}

#[test]
fn every_state_meets_every_event() {
    for state in S::ALL {
        for event in E::ALL {
            assert_eq!(state.after(event), expected(state, event), "{state:?} {event:?}");
        }
    }
}

#[test]
fn an_ended_delivery_moves_only_when_resent() {
    for state in S::ALL.into_iter().filter(|state| !state.is_waiting()) {
        let ways: Vec<_> = E::ALL.into_iter().filter(|event| state.after(*event).is_some()).collect();
        assert_eq!(ways, [E::Resend], "{state:?}");
    }
}

#[test]
fn nothing_becomes_scheduled_again() {
    for state in S::ALL {
        assert!(E::ALL.into_iter().all(|event| state.after(event) != Some(S::Scheduled)));
    }
}

#[test]
fn numbers_and_words_are_stable() {
    let words =
        ["scheduled", "pending", "retrying", "succeeded", "failed", "blocked", "cancelled", "skipped"];
    for (number, word) in (0_u8..).zip(words) {
        let state = S::from_number(number).unwrap();
        assert_eq!((state as u8, state.as_str()), (number, word));
    }
    assert_eq!(S::from_number(8), None);
    for (number, event) in E::ALL.into_iter().enumerate() {
        assert_eq!(event as usize, number);
    }
}

#[test]
fn reasons_come_back_from_their_numbers() {
    let reasons: Vec<_> = (0..=u8::MAX).filter_map(EndReason::from_number).collect();
    let words: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
    let named = ["endpoint_deleted", "expired", "superseded", "by_hand", "too_large", "payload_gone"];
    assert_eq!(words, [named.as_slice(), &["test_endpoint"]].concat());
    assert!((1_u8..).zip(reasons).all(|(number, reason)| reason as u8 == number));
}

#[test]
fn methods_come_back_from_their_words() {
    for method in [Method::Post, Method::Put, Method::Patch] {
        assert_eq!(method.as_str().parse(), Ok(method));
    }
    assert_eq!("post".parse::<Method>(), Err(UnknownMethod));
    assert_eq!("GET".parse::<Method>(), Err(UnknownMethod));
}

#[test]
fn the_docs_show_this_machine() {
    let docs = include_str!("../../../../docs/delivery-states.md");
    let diagram = docs.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(
        diagram,
        Some(state_diagram().as_str()),
        "put this in docs/delivery-states.md:\n{}",
        state_diagram()
    );
    for state in S::ALL {
        assert!(docs.contains(&format!("`{}`", state.as_str())), "{state:?} is not explained");
    }
    for event in E::ALL {
        assert!(docs.contains(&format!("| {} |", event.as_str())), "{event:?} has no actor");
    }
    for reason in (0..=u8::MAX).filter_map(EndReason::from_number) {
        assert!(docs.contains(&format!("`{}`", reason.as_str())), "{reason:?} is not explained");
    }
}
