use super::*;

fn verdict(guard: &Guard, address: &str) -> Option<String> {
    let refused = guard.check(address.parse().unwrap()).err()?;
    Some(format!("{} ({})", refused.network, refused.purpose))
}

#[test]
fn refuses_every_special_range_from_its_first_to_its_last_address() {
    let guard = Guard::default();
    for (network, first, last) in [
        ("0.0.0.0/8", "0.0.0.0", "0.255.255.255"),
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
        ("100.64.0.0/10", "100.64.0.0", "100.127.255.255"),
        ("127.0.0.0/8", "127.0.0.0", "127.255.255.255"),
        ("168.63.129.16/32", "168.63.129.16", "168.63.129.16"),
        ("169.254.0.0/16", "169.254.0.0", "169.254.255.255"),
        ("172.16.0.0/12", "172.16.0.0", "172.31.255.255"),
        ("192.0.0.0/24", "192.0.0.0", "192.0.0.255"),
        ("192.0.2.0/24", "192.0.2.0", "192.0.2.255"),
        ("192.88.99.0/24", "192.88.99.0", "192.88.99.255"),
        ("192.168.0.0/16", "192.168.0.0", "192.168.255.255"),
        ("198.18.0.0/15", "198.18.0.0", "198.19.255.255"),
        ("198.51.100.0/24", "198.51.100.0", "198.51.100.255"),
        ("203.0.113.0/24", "203.0.113.0", "203.0.113.255"),
        ("224.0.0.0/4", "224.0.0.0", "239.255.255.255"),
        ("240.0.0.0/4", "240.0.0.0", "255.255.255.254"),
        ("255.255.255.255/32", "255.255.255.255", "255.255.255.255"),
        ("::/128", "::", "::"),
        ("::1/128", "::1", "::1"),
        ("::/96", "::2", "::ffff:ffff"),
        ("::/96", "::8.8.8.8", "::127.0.0.1"),
        ("::ffff:0:0/96", "::ffff:0.0.0.0", "::ffff:255.255.255.255"),
        ("::ffff:0:0/96", "::ffff:8.8.8.8", "::ffff:127.0.0.1"),
        ("64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("100::/32", "100::", "100:0:0:1:ffff:ffff:ffff:ffff"),
        ("2001::/32", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001::/23", "2001:1::1", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::/16", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::/16", "2002:7f00:1::", "2002:808:808::"),
        ("3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("5f00::/16", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fec0::/10", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("ff00::/8", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::/0", "::fffe:0:0", "::ffff:0:0:0"),
        ("::/0", "4000::", "5eff::1"),
    ] {
        for address in [first, last] {
            let refused = guard.check(address.parse().unwrap()).expect_err(address);
            assert_eq!(refused.network, network.parse().unwrap(), "{address}");
        }
    }
}

#[test]
fn lets_the_neighbours_of_special_ranges_pass() {
    let guard = Guard::default();
    for address in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "2000::1",
        "2001:200::1",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "3ffe::1",
        "3fff:1000::1",
        "2620:4f:8000::1",
    ] {
        assert_eq!(verdict(&guard, address), None, "{address}");
    }
}

#[test]
fn an_address_behind_nat64_is_judged_by_the_one_it_embeds() {
    let guard = Guard::default();
    assert_eq!(verdict(&guard, "64:ff9b::8.8.8.8"), None);
    assert_eq!(verdict(&guard, "64:ff9b::10.1.2.3").unwrap(), "10.0.0.0/8 (private use)");
    assert_eq!(
        verdict(&guard, "64:ff9b::169.254.169.254").unwrap(),
        "169.254.0.0/16 (link-local, cloud metadata)"
    );
}

#[test]
fn allowed_networks_are_exceptions_and_nothing_more() {
    let guard = Guard::new(["10.1.0.0/16", "fd00::/64", "::1/128"].map(|net| net.parse().unwrap()).to_vec());
    for address in ["10.1.0.1", "10.1.255.255", "::ffff:10.1.0.1", "fd00::7", "::1", "8.8.8.8"] {
        assert_eq!(verdict(&guard, address), None, "{address}");
    }
    for address in ["10.2.0.1", "::ffff:10.2.0.1", "fd00:0:0:1::7", "127.0.0.1", "64:ff9b::10.1.0.1"] {
        assert!(verdict(&guard, address).is_some(), "{address}");
    }
}

#[test]
fn says_where_the_address_lies() {
    let refused = Guard::default().check("192.168.1.1".parse().unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), "192.168.1.1 lies in 192.168.0.0/16 (private use)");
}
