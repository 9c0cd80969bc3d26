use super::*;

fn parse(text: &str) -> ResponseHead {
    let (head, length) = parse_head(text.as_bytes()).unwrap().unwrap();
    assert_eq!(length, text.len());
    head
}

fn of(headers: &str) -> (Framing, bool) {
    let head = parse(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n"));
    (head.framing, head.keep_alive)
}

#[test]
fn the_body_ends_where_rfc_9112_says() {
    use Framing::{Chunked, Length, UntilClose};
    for (headers, framing, keep_alive) in [
        ("Content-Length: 5\r\n", Length(5), true),
        ("content-length: 5, 5\r\n", Length(5), true),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", Length(5), true),
        ("Content-Length: 0\r\nConnection: close\r\n", Length(0), false),
        ("Content-Length: 0\r\nConnection: x, Close\r\n", Length(0), false),
        ("Transfer-Encoding: chunked\r\n", Chunked, true),
        ("Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n", Chunked, false),
        ("Transfer-Encoding: gzip, chunked\r\n", UntilClose, false),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", UntilClose, false),
        ("Content-Encoding: gzip\r\nContent-Length: 9\r\n", Length(9), true),
        ("", UntilClose, false),
    ] {
        assert_eq!(of(headers), (framing, keep_alive), "{headers}");
    }
}

#[test]
fn answers_without_a_body_have_none() {
    for status in [204, 304] {
        let head = parse(&format!("HTTP/1.1 {status} x\r\nContent-Length: 5\r\n\r\n"));
        assert_eq!((head.framing, head.keep_alive), (Framing::Length(0), true));
    }
}

#[test]
fn http_1_0_closes_unless_it_says_otherwise() {
    assert!(!parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
    assert!(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

#[test]
fn retry_after_comes_as_it_stands() {
    let with = |value: &str| parse(&format!("HTTP/1.1 503 x\r\nRetry-After: {value}\r\n\r\n")).retry_after;
    assert_eq!(with("120").as_deref(), Some("120"));
    assert_eq!(with("Wed, 21 Oct 2026 07:28:00 GMT").as_deref(), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert_eq!(with(&"1".repeat(500)), None);
}

#[test]
fn what_is_no_answer_is_refused() {
    for (text, part) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0"),
        ("\x15\x03\x01\0\x02\x02P", "\\x15\\x03\\x01"),
        ("HTTP/2 200 OK\r\n\r\n", "not HTTP/1"),
        ("HTTP/1.1 099 x\r\n\r\n", "status 099"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "status 101"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "no number"),
        ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "no number"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "no number"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "different"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not HTTP/1"),
    ] {
        let Malformed(message) = parse_head(text.as_bytes()).expect_err(text);
        assert!(message.contains(part), "{message}");
    }
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(HEADERS + 1));
    assert!(parse_head(many.as_bytes()).is_err());
}

#[test]
fn a_head_is_final_once_it_is_complete_and_not_interim() {
    for (text, is_final) in [
        ("", false),
        ("HTTP/1.1 413 x\r\n", false),
        ("HTTP/1.1 100 Continue\r\n\r\n", false),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 x\r\n\r\n", true),
        ("HTTP/1.1 413 x\r\n\r\n", true),
        ("nonsense\r\n", true),
    ] {
        assert_eq!(holds_final_head(text.as_bytes()), is_final, "{text:?}");
    }
}
