use super::*;

fn mixed(addresses: &[&str]) -> Vec<String> {
    let parsed = addresses.iter().map(|address| address.parse().unwrap()).collect();
    interleave(parsed).iter().map(ToString::to_string).collect()
}

#[test]
fn the_families_take_turns_and_the_first_stays_first() {
    for (found, order) in [
        (&[][..], &[][..]),
        (&["1.0.0.1"], &["1.0.0.1"]),
        (&["2a00::1", "2a00::2", "1.0.0.1", "1.0.0.2"], &["2a00::1", "1.0.0.1", "2a00::2", "1.0.0.2"]),
        (&["1.0.0.1", "2a00::1", "2a00::2", "2a00::3"], &["1.0.0.1", "2a00::1", "2a00::2", "2a00::3"]),
        (&["1.0.0.1", "1.0.0.2", "1.0.0.3"], &["1.0.0.1", "1.0.0.2", "1.0.0.3"]),
    ] {
        assert_eq!(mixed(found), order);
    }
}

#[test]
fn a_name_with_very_many_addresses_is_tried_at_some_of_each_family() {
    let many: Vec<String> = (1..=50).map(|n| format!("1.0.0.{n}")).chain(["2a00::1".to_owned()]).collect();
    let order = mixed(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(order.len(), CANDIDATES);
    assert_eq!(order[1], "2a00::1");
}

#[test]
fn the_name_for_tls_has_no_trailing_dot() {
    let name = |host: &str| server_name(&Host::parse(host).unwrap()).map(|name| name.to_str().into_owned());
    assert_eq!(name("a.example.").unwrap(), "a.example");
    assert_eq!(name("127.0.0.1").unwrap(), "127.0.0.1");
    assert_eq!(name("[::1]").unwrap(), "::1");
    assert_eq!(name("a..example").unwrap_err().kind, FailureKind::Tls);
}
