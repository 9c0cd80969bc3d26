use super::*;
use crate::sample::{NOW, credentials, endpoint};

#[test]
fn urls_are_normalised() {
    for (text, normal) in [
        ("https://Customer.EXAMPLE", "https://customer.example/"),
        ("http://a:80/x", "http://a/x"),
        ("https://a:8443/x/../y?q=é", "https://a:8443/y?q=%C3%A9"),
        ("http://localhost:4567/payload", "http://localhost:4567/payload"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[::1]:80", "http://[::1]/"),
        ("  https://a/\n", "https://a/"),
    ] {
        let url: WebhookUrl = text.parse().unwrap();
        assert_eq!(url.as_str(), normal);
        assert_eq!((url.to_string().as_str(), format!("{url:?}").as_str()), (normal, normal));
    }
}

#[test]
fn what_is_no_url_of_an_endpoint() {
    let long = format!("https://a/{}", "x".repeat(URL_BYTES));
    let grows = format!("https://a/{}", "é".repeat(URL_BYTES / 3));
    for (text, error) in [
        ("", "is not a valid URL: relative URL without a base"),
        ("customer.example/hook", "is not a valid URL: relative URL without a base"),
        ("https://", "is not a valid URL: empty host"),
        ("https://a b/", "is not a valid URL: invalid international domain name"),
        ("ftp://a/", "must start with http:// or https://, not ftp:"),
        ("javascript:alert(1)", "must start with http:// or https://, not javascript:"),
        ("file:///etc/passwd", "must start with http:// or https://, not file:"),
        ("https://a/#b", "must not have a fragment (the part after #): it would never be sent"),
        ("https://a/#", "must not have a fragment (the part after #): it would never be sent"),
        ("https://user@a/", "must not hold a user name or password here"),
        (&long, "is longer than 4096 bytes"),
        (&grows, "is longer than 4096 bytes"),
    ] {
        assert_eq!(text.parse::<WebhookUrl>().unwrap_err().to_string(), error, "{text}");
    }
}

#[test]
fn userinfo_is_taken_out() {
    for (text, userinfo) in [
        ("https://user:pass@a/x", Some("user:pass")),
        ("https://user@a/x", Some("user:")),
        ("https://:pass@a/x", Some(":pass")),
        ("https://u%40b:p%3Aq%C3%A9@a/x", Some("u@b:p:qé")),
        ("https://a/x", None),
        ("https://@a/x", None),
    ] {
        let (url, found) = WebhookUrl::with_userinfo(text).unwrap();
        assert_eq!(url.as_str(), "https://a/x");
        assert_eq!(found.as_ref().map(Secret::reveal), userinfo, "{text}");
    }
}

#[test]
fn an_endpoint_survives_the_store() {
    let endpoint = endpoint();
    let json = serde_json::to_string(&endpoint).unwrap();
    assert_eq!(serde_json::from_str::<Endpoint>(&json).unwrap(), endpoint);
    let other = json.replace("https://customer.example", "ftp://customer.example");
    assert!(serde_json::from_str::<Endpoint>(&other).is_err());
}

#[test]
fn keys_sign_newest_first_until_they_end() {
    let credentials = credentials(&["one", "two", "three"]);
    let signing = |now| credentials.signing_keys(now).map(|key| key.number).collect::<Vec<_>>();
    assert_eq!(signing(NOW), [3, 2, 1]);
    assert_eq!(signing(credentials.keys[0].expires_at.unwrap()), [3, 2]);
    assert_eq!(signing(Timestamp::MAX), [3]);
}

#[test]
fn credentials_never_print() {
    let mut credentials = credentials(&["t0psecret"]);
    credentials.headers = vec![("x-a".into(), Secret::new("t0psecret"))];
    credentials.userinfo = Some(Secret::new("t0psecret"));
    assert!(!format!("{credentials:?}").contains("t0psecret"));
}
