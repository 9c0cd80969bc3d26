use std::collections::BTreeSet;

use super::*;

#[test]
fn nothing_is_given_twice_and_what_was_given_is_wiped() {
    let entropy = OsEntropy::default();
    let mut seen = BTreeSet::new();
    for _ in 0..3 * DRAWN / 16 {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        assert!(seen.insert(bytes), "16 random bytes came twice");
        let pool = entropy.0.lock().unwrap();
        assert!(pool.bytes[..pool.given].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn more_than_the_pool_holds_is_drawn_directly() {
    let mut bytes = vec![0; 2 * DRAWN];
    OsEntropy::default().fill(&mut bytes);
    assert!(bytes.chunks(64).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
}
