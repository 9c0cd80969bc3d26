use super::*;

fn complaint(text: &str) -> String {
    understand(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn lines_may_end_as_terminals_show_them() {
    let capture = understand(b"POST /a HTTP/1.1\nX-A: b\n\n{\"a\":1}").unwrap();
    assert_eq!((capture.request.body.as_ref(), capture.notes.len()), (&b"{\"a\":1}"[..], 0));
    assert_eq!(capture.request.header("x-a"), Some("b"));
}

#[test]
fn what_follows_the_body_is_left_out_and_said() {
    let capture = understand(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\n").unwrap();
    assert_eq!(capture.request.body, "{}");
    assert_eq!(capture.notes, ["left out: 1 bytes after the end of the body"]);
}

#[test]
fn chunks_are_put_together() {
    let text = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    assert_eq!(understand(text).unwrap().request.body, "{}");
}

#[test]
fn what_is_no_request_is_explained() {
    assert!(complaint("").contains("empty"));
    assert!(complaint("POST / HTTP/1.1\r\nA: b").contains("empty line"));
    assert!(complaint("{\"a\": 1}\r\n").contains("not an HTTP/1.1 request"));
    let cut = complaint("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}");
    assert_eq!(cut, "the body has 2 of the 3 bytes that content-length says: the capture was cut off");
    assert!(complaint("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}").contains("cut off"));
}
