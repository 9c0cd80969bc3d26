use super::*;

const BOUNDS: Bounds = Bounds { head: 1_000, body: 50 };

fn whole(text: &str) -> (WireRequest, usize) {
    match parse(text.as_bytes(), BOUNDS).unwrap() {
        Progress::Whole(request, taken) => (*request, taken),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_keep_their_case_and_order() {
    let text = "POST /a?b=1 HTTP/1.1\r\nTT-Hook-Event: clocking\r\nx-b: 2\r\nX-A:  3 \r\ncontent-LENGTH: 2\r\n\r\n{}rest";
    let (request, taken) = whole(text);
    assert_eq!(request.request_line(), "POST /a?b=1 HTTP/1.1");
    let names: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(names, ["TT-Hook-Event=clocking", "x-b=2", "X-A=3", "content-LENGTH=2"]);
    assert_eq!((&request.body[..], taken), (&b"{}"[..], text.len() - 4));
    assert_eq!(request.raw, text.as_bytes()[..taken]);
    assert_eq!(request.header("tt-hook-event"), Some("clocking"));
}

#[test]
fn every_part_of_a_request_wants_more() {
    let plain = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd";
    let chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: 1\r\n\r\n";
    for text in [plain, chunks] {
        for length in 0..text.len() {
            let progress = parse(&text.as_bytes()[..length], BOUNDS).unwrap();
            assert!(!matches!(progress, Progress::Whole(..)), "{length}: {progress:?}");
        }
        let (request, taken) = whole(text);
        assert_eq!((&request.body[..], taken), (&b"abcd"[..], text.len()));
    }
}

#[test]
fn says_how_much_is_missing_and_who_waits() {
    let text = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nab";
    let progress = parse(text.as_bytes(), BOUNDS).unwrap();
    assert_eq!(progress, Progress::InBody { there: 2, of: Some(4), waits: true });
}

#[test]
fn bounds_hold() {
    let long = format!("POST / HTTP/1.1\r\nX: {}", "a".repeat(1_000));
    assert_eq!(parse(long.as_bytes(), BOUNDS), Err(WireError::HeadTooLarge(1_000)));
    let body = "POST / HTTP/1.1\r\nContent-Length: 51\r\n\r\n";
    assert_eq!(parse(body.as_bytes(), BOUNDS), Err(WireError::BodyTooLarge(50)));
    let chunk = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n33\r\n";
    assert_eq!(parse(chunk.as_bytes(), BOUNDS), Err(WireError::BodyTooLarge(50)));
}

#[test]
fn what_is_no_request_is_refused() {
    for text in [
        "hello\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    ] {
        let refused = parse(text.as_bytes(), BOUNDS);
        assert!(matches!(refused, Err(WireError::Malformed(_))), "{text:?}: {refused:?}");
    }
}

#[test]
fn connections_are_kept_as_the_sender_asks() {
    let keeps =
        |version: &str, line: &str| whole(&format!("POST / {version}\r\n{line}\r\n\r\n")).0.keeps_alive();
    assert!(keeps("HTTP/1.1", "a: b"));
    assert!(!keeps("HTTP/1.1", "Connection: x, Close"));
    assert!(!keeps("HTTP/1.0", "a: b"));
    assert!(keeps("HTTP/1.0", "connection: keep-alive"));
}
