use fanfare_core::id::ID_BYTES;

use super::*;

fn application(n: u8) -> ApplicationId {
    ApplicationId([n; ID_BYTES])
}

fn endpoint(n: u8) -> EndpointId {
    EndpointId([n; ID_BYTES])
}

#[test]
fn applications_take_turns_however_many_lanes_they_have() {
    let mut ring = Ring::default();
    for n in 1..=3 {
        ring.push(application(1), endpoint(n));
    }
    ring.push(application(2), endpoint(9));
    let order: Vec<_> = std::iter::from_fn(|| ring.pop()).collect();
    assert_eq!(order, [1, 9, 2, 3].map(endpoint));
    assert!(ring.is_empty());
}
