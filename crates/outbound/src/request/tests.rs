use bytes::Bytes;
use fanfare_core::{delivery::Method, render::Target, secret::Secret};

use super::*;

fn head(url: &str, headers: &[(&str, &str)], body: &'static str) -> Result<String, String> {
    let url: Url = url.parse().unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| Header { name: (*name).into(), value: Secret::new(*value), sensitive: false })
        .collect();
    let request = Request {
        method: Method::Post,
        target: Target::Http(url.clone()),
        headers,
        body: Bytes::from_static(body.as_bytes()),
        key_number: None,
    };
    write_head(&request, &url).map(|head| String::from_utf8(head.bytes).unwrap())
}

#[test]
fn keeps_order_and_letter_case_and_adds_only_host_and_length() {
    let head =
        head("http://a.example/hook", &[("X-b", "1"), ("x-A", "2"), ("TT-Hook-Event", "é")], "{\"é\":1}");
    let expected = "POST /hook HTTP/1.1\r\nHost: a.example\r\nX-b: 1\r\nx-A: 2\r\nTT-Hook-Event: é\r\n\
                    Content-Length: 8\r\n\r\n";
    assert_eq!(head.unwrap(), expected);
}

#[test]
fn target_and_host_are_those_of_the_url() {
    for (url, target, host) in [
        ("http://a.example", "/", "a.example"),
        ("http://A.Example:80/", "/", "a.example"),
        ("https://a.example:443/x", "/x", "a.example"),
        ("https://a.example:8443/x", "/x", "a.example:8443"),
        ("http://a.example:443/x", "/x", "a.example:443"),
        ("http://127.0.0.1:8080/x", "/x", "127.0.0.1:8080"),
        ("http://0x7f.1/x", "/x", "127.0.0.1"),
        ("http://[2001:DB8::1]:8080/x", "/x", "[2001:db8::1]:8080"),
        ("http://[::1]/x", "/x", "[::1]"),
        ("http://bücher.example/ü?q=ü&r=%2F#no", "/%C3%BC?q=%C3%BC&r=%2F", "xn--bcher-kva.example"),
        ("http://a.example?q", "/?q", "a.example"),
        ("http://a.example/x?", "/x?", "a.example"),
        ("http://user:pass@a.example/x", "/x", "a.example"),
    ] {
        let head = head(url, &[], "").unwrap();
        let expected = format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(head, expected, "{url}");
    }
}

#[test]
fn refuses_what_would_inject_without_telling_the_value() {
    for (name, value) in [
        ("X-A", "s3cret\r\nX-B: 1"),
        ("X-A", "s3cret\n"),
        ("X-A", "s3cret\0"),
        ("X-A", "s3cret\x7f"),
        ("X-A\r\nX-B", "s3cret"),
        ("X A", "s3cret"),
        ("X-A:", "s3cret"),
        ("é", "s3cret"),
        ("", "s3cret"),
        ("host", "s3cret"),
        ("Content-LENGTH", "s3cret"),
        ("Transfer-Encoding", "s3cret"),
        ("Upgrade", "s3cret"),
    ] {
        let error = head("http://a.example/", &[(name, value)], "").expect_err(name);
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_rendered_connection_close_is_honoured() {
    let url: Url = "http://a.example/".parse().unwrap();
    for (value, keep_alive) in [("close", false), ("Close, x", false), ("keep-alive", true)] {
        let request = Request {
            method: Method::Put,
            target: Target::Http(url.clone()),
            headers: vec![Header { name: "Connection".into(), value: Secret::new(value), sensitive: false }],
            body: Bytes::new(),
            key_number: None,
        };
        assert_eq!(write_head(&request, &url).unwrap().keep_alive, keep_alive, "{value}");
    }
}
