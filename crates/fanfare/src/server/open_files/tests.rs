use super::*;

#[test]
fn the_api_never_takes_more_than_half() {
    assert_eq!(connections(1_024), 512);
    assert_eq!(connections(u64::MAX), API_CONNECTIONS);
    assert!(raise() <= API_CONNECTIONS);
}
