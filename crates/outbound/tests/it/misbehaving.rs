//! Receivers that break the rules: each ends as an outcome that says what happened.

use fanfare_core::{limits::RESPONSE_READ_BYTES, ports::FailureKind};
use tokio::io::AsyncWriteExt;

use crate::{
    receiver::{Receiver, both, reactor_turn},
    sender::{Sender, answered, failed, options, request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers with `answer`, closes, and expects a failure whose message has `part`.
async fn expect_failure(answer: &str, kind: FailureKind, part: &str) {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, ()) = both(sender.post(&receiver.url("/?token=s3cret")), async {
        drop(receiver.answer(answer).await);
    })
    .await;
    let failure = failed(outcome, kind);
    assert!(failure.message.contains(part), "{failure}");
    assert!(failure.message.starts_with("127.0.0.1 ") && !failure.message.contains("s3cret"), "{failure}");
}

#[tokio::test]
async fn closing_early_is_a_broken_connection() {
    use FailureKind::Broken;
    expect_failure("", Broken, "without an answer").await;
    expect_failure("HTTP/1.1 200 OK\r\nContent-", Broken, "within the head").await;
    expect_failure("HTTP/1.1 100 Continue\r\n\r\n", Broken, "within the head").await;
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Broken, "status 200, 5 of 10 bytes")
        .await;
    let cut = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    expect_failure(cut, Broken, "status 200, 5 bytes").await;
}

#[tokio::test]
async fn what_is_not_http_is_told_apart() {
    use FailureKind::Protocol;
    expect_failure("SSH-2.0-OpenSSH_9.6\r\n", Protocol, "SSH-2.0").await;
    expect_failure("\x15\x03\x01\0\x02\x02P", Protocol, "not HTTP/1").await;
    expect_failure("HT", FailureKind::Broken, "within the head").await;
    expect_failure("HTTP/1.1 101 Switching Protocols\r\n\r\n", Protocol, "101").await;
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Protocol, "Content-Length").await;
    let damaged = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n";
    expect_failure(damaged, Protocol, "chunked").await;
}

#[tokio::test]
async fn garbage_is_recognised_without_waiting_for_its_end() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, peer) = both(sender.post(&receiver.url("/")), receiver.answer("garbage garbage")).await;
    failed(outcome, FailureKind::Protocol);
    peer.ended().await;
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    for (start, line) in [
        ("HTTP/1.1 200 OK\r\n", "X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
        ("HTTP/1.1 200 OK\r\nX-Filler: ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
            let mut peer = receiver.answer(start).await;
            while peer.stream.write_all(line.repeat(16).as_bytes()).await.is_ok() {}
        })
        .await;
        failed(outcome, FailureKind::Protocol);
    }
}

#[tokio::test]
async fn a_reset_before_the_answer_is_a_broken_connection() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
        let mut peer = receiver.accept().await;
        peer.read_request().await;
        peer.reset();
    })
    .await;
    let failure = failed(outcome, FailureKind::Broken);
    assert_eq!(failure.message, "127.0.0.1 reset the connection before it had answered");
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_reset_within_the_body_is_a_broken_connection() {
    for framing in ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n", ""] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
            let peer = receiver.answer(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n5\r\nhel")).await;
            reactor_turn().await;
            peer.reset();
        })
        .await;
        let failure = failed(outcome, FailureKind::Broken);
        assert!(failure.message.contains("reset the connection"), "{failure}");
    }
}

#[tokio::test]
async fn a_reset_after_the_body_changes_nothing() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    assert_eq!(answered(outcome).status, 200);
    peer.reset();
    reactor_turn().await;
    let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    assert_eq!(answered(outcome).status, 200);
}

#[tokio::test]
async fn a_huge_body_is_read_up_to_the_limit_and_no_further() {
    const HUGE: usize = 100 * 1024 * 1024;
    const PIECE: usize = 64 * 1024;
    let chunk = format!("{PIECE:x}\r\n{}\r\n", "x".repeat(PIECE));
    let plain = "x".repeat(PIECE);
    for (framing, piece) in [
        (format!("Content-Length: {HUGE}\r\n"), &plain),
        ("Transfer-Encoding: chunked\r\n".to_owned(), &chunk),
        (String::new(), &plain),
    ] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, written) = both(sender.post(&receiver.url("/")), async {
            let mut peer = receiver.answer(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n")).await;
            let mut written = 0;
            while written < HUGE && peer.stream.write_all(piece.as_bytes()).await.is_ok() {
                written += PIECE;
            }
            written
        })
        .await;
        let response = answered(outcome);
        assert_eq!(response.status, 200);
        assert!(response.body.len() <= RESPONSE_READ_BYTES && response.body.len() > RESPONSE_READ_BYTES - 16);
        assert!(written < HUGE, "the connection was closed on the way");
    }
}

#[tokio::test]
async fn more_than_was_announced_is_not_read_and_ends_the_connection() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more".to_owned(),
        format!("{OK}HTTP/1.1 500 Second\r\nContent-Length: 0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nmore".to_owned(),
    ] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, peer) = both(sender.post(&receiver.url("/")), receiver.answer(&answer)).await;
        let response = answered(outcome);
        assert_eq!((response.status, &response.body[..]), (200, &b"ok"[..]));
        peer.ended().await;
        let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
        assert_eq!(answered(outcome).status, 200);
    }
}

#[tokio::test]
async fn a_late_second_answer_is_not_taken_for_that_of_the_next_request() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    peer.write("HTTP/1.1 500 Second\r\nContent-Length: 0\r\n\r\n").await;
    reactor_turn().await;
    let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    assert_eq!(answered(outcome).status, 200);
    assert_eq!(peer.ended().await, b"");
}

#[tokio::test]
async fn hanging_up_on_a_large_request_is_a_broken_connection() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let request = request(&receiver.url("/"), &[], "x".repeat(6 * 1024 * 1024));
    let (outcome, ()) = both(sender.send(request, &options(1)), async {
        let mut peer = receiver.accept().await;
        peer.read_head().await;
        drop(peer);
    })
    .await;
    failed(outcome, FailureKind::Broken);
}
