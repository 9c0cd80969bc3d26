use std::io;

use anyhow::Context as _;

use super::*;

#[test]
fn causes_follow_and_none_is_said_twice() {
    let refused = || io::Error::other("no room");
    let error = Err::<(), _>(refused()).context("cannot write").unwrap_err();
    assert_eq!(line(&error), "cannot write: no room");
    let error = Err::<(), _>(refused()).context("cannot write (no room); make some").unwrap_err();
    assert_eq!(line(&error), "cannot write (no room); make some");
}

#[test]
fn a_broken_store_comes_with_advice() {
    let broken = || StoreError::Broken("a page is gone".to_owned());
    let advice = "; `fanfare doctor` looks closer, and what is damaged is restored from a backup";
    for error in [Error::from(broken()), ConfigureError::Store(broken()).into()] {
        assert!(line(&error).ends_with(advice), "{}", line(&error));
    }
    let full = StoreError::Unavailable { reason: "full".to_owned(), ambiguous: false };
    assert!(!line(&full.into()).ends_with(advice));
}
