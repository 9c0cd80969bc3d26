use super::*;

#[test]
fn accounts_for_loss_duplicates_and_altered_ids() {
    let ledger = Ledger::new(4, 1);
    for number in 0..4 {
        ledger.sent(number, 10);
    }
    ledger.accepted(0, Some(b"msg_0"), 20);
    ledger.accepted(1, Some(b"msg_1"), 20);
    ledger.accepted(2, Some(b"msg_2"), 20);
    ledger.refused("503".into());
    ledger.arrived(0, 0, Some(b"msg_0"), 30);
    ledger.arrived(0, 0, Some(b"msg_0"), 31);
    ledger.arrived(1, 0, Some(b"msg_other"), 32);
    ledger.arrived(9, 0, Some(b"msg_0"), 33);

    assert_eq!(ledger.outstanding(0..4), 1, "message 2 is missing, message 3 was never acknowledged");
    assert_eq!(ledger.duplicates(), 1);
    assert_eq!(ledger.altered_ids(0..4), 1);
    assert_eq!(ledger.faults.foreign.load(Relaxed), 1);
    assert_eq!(ledger.arrival_times(0..4).collect::<Vec<_>>(), [(10, 30), (10, 32)]);
    assert_eq!(ledger.accept_times(0..4).count(), 3);
    assert_eq!(ledger.refusals()["503"], 1);
}

#[test]
fn a_fanned_out_message_is_complete_when_it_reached_every_endpoint() {
    let ledger = Ledger::new(1, 3);
    ledger.sent(0, 1);
    ledger.accepted(0, None, 2);
    ledger.arrived(0, 0, Some(b"m"), 3);
    ledger.arrived(0, 2, Some(b"m"), 3);
    assert_eq!(ledger.outstanding(0..1), 1);
    ledger.arrived(0, 1, Some(b"m"), 4);
    assert_eq!(ledger.outstanding(0..1), 0);
    ledger.arrived(0, 3, Some(b"m"), 4);
    assert_eq!(ledger.faults.foreign.load(Relaxed), 1);
}
