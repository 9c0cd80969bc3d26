//! Answers that are unusual and right.

use fanfare_core::limits::RESPONSE_READ_BYTES;

use crate::{
    receiver::{Receiver, both},
    sender::{Sender, answered, options, request},
};

#[tokio::test]
async fn the_status_the_body_and_retry_after_come_back_as_they_are() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 2\r\n\r\nok", "x".repeat(5 * 1024));
    for (answer, status, retry_after, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, None, "ok"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, None, ""),
        ("HTTP/1.1 410\r\nContent-Length: 0\r\n\r\n", 410, None, ""),
        ("HTTP/1.1 299 Weird\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 299, None, "ok"),
        ("HTTP/1.1 429 x\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", 429, Some("120"), ""),
        (
            "HTTP/1.1 503 x\r\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n",
            503,
            Some("Wed, 21 Oct 2026 07:28:00 GMT"),
            "",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n",
            201,
            None,
            "",
        ),
        (long.as_str(), 200, None, "ok"),
    ] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(answer)).await;
        let response = answered(outcome);
        let seen = (response.status, response.retry_after.as_deref(), &response.body[..]);
        assert_eq!(seen, (status, retry_after, body.as_bytes()), "{answer}");
    }
}

#[tokio::test]
async fn a_body_may_end_with_the_connection() {
    for answer in ["HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.1 200 OK\r\n\r\nok"] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, ()) =
            both(sender.post(&receiver.url("/")), async { drop(receiver.answer(answer).await) }).await;
        assert_eq!(answered(outcome).body, "ok");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (sender, receiver, private) = (Sender::new(), Receiver::bind().await, Receiver::bind().await);
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        private.url("/latest/meta-data")
    );
    let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(&answer)).await;
    assert_eq!(answered(outcome).status, 302);
    private.expect_nobody().await;
}

#[tokio::test]
async fn a_compressed_body_stays_compressed() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    // The start of a gzip bomb. Nothing ever unpacks it, so it may as well stop here.
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xec, 0xc1, 1, 1];
    let (outcome, request) = both(sender.post(&receiver.url("/")), async {
        let mut peer = receiver.accept().await;
        let request = peer.read_request().await;
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
        peer.write(&head).await;
        peer.write_bytes(&bomb).await;
        request
    })
    .await;
    assert!(!request.to_ascii_lowercase().contains("accept-encoding"));
    assert_eq!(answered(outcome).body, &bomb[..]);
}

#[tokio::test]
async fn an_answer_during_a_large_request_counts_and_ends_the_connection() {
    for reads_on in [false, true] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let request = request(&receiver.url("/"), &[], "x".repeat(6 * 1024 * 1024));
        let (outcome, sent) = both(sender.send(request, &options(1)), async {
            let mut peer = receiver.accept().await;
            peer.read_head().await;
            peer.write("HTTP/1.1 100 Continue\r\n\r\n").await;
            peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!").await;
            if reads_on { peer.ended().await.len() } else { 0 }
        })
        .await;
        let response = answered(outcome);
        assert_eq!((response.status, &response.body[..]), (413, &b"no!"[..]));
        assert!(sent <= 6 * 1024 * 1024);
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole_and_the_connection_is_kept() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {RESPONSE_READ_BYTES}\r\n\r\n{}",
        "x".repeat(RESPONSE_READ_BYTES)
    );
    let (outcome, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(&answer)).await;
    assert_eq!(answered(outcome).body.len(), RESPONSE_READ_BYTES);
    let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
        peer.read_request().await;
        peer.write("HTTP/1.1 204 x\r\n\r\n").await;
    })
    .await;
    assert_eq!(answered(outcome).status, 204);
}

/// Capture pages echo what they got; their answers are stored and shown to people.
#[tokio::test]
async fn credentials_that_an_answer_repeats_are_left_out() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let mut sent =
        request(&receiver.url("/"), &[("authorization", "Basic dXNlcjpwYXNz"), ("x", "plain")], "{}");
    sent.headers[0].sensitive = true;
    let body = r#"{"got":"Basic dXNlcjpwYXNz","x":"plain"}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (outcome, _peer) = both(sender.send(sent, &options(1)), receiver.answer(&answer)).await;
    assert_eq!(answered(outcome).body, r#"{"got":"Basic [redacted]","x":"plain"}"#);
}
