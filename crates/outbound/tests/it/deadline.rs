//! One deadline over everything.

use std::time::Duration;

use fanfare_core::ports::FailureKind;

use crate::{
    receiver::{Receiver, both, reactor_turn},
    sender::{Sender, TIMEOUT, answered, failed, options, request},
};

#[tokio::test]
async fn a_hanging_receiver_costs_the_timeout() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, peer) = both(sender.post(&receiver.url("/?token=s3cret")), async {
        let mut peer = receiver.accept().await;
        peer.read_request().await;
        sender.clock.advance(TIMEOUT);
        peer
    })
    .await;
    assert_eq!(outcome.remote, Some(receiver.address.ip()));
    let failure = failed(outcome, FailureKind::Timeout);
    assert_eq!(failure.message, "127.0.0.1 took longer than 15 s: it had not answered");
    assert_eq!(peer.ended().await, b"");
}

#[tokio::test]
async fn a_dripping_receiver_costs_no_more() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    for (start, part) in [("", "it had not answered"), (head, "its answer had begun and not ended")] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (outcome, _peer) = both(sender.post(&receiver.url("/")), async {
            let mut peer = receiver.answer(start).await;
            for byte in head.bytes().take(30) {
                peer.write_bytes(&[byte]).await;
                reactor_turn().await;
                sender.clock.advance(TIMEOUT / 30);
            }
            peer
        })
        .await;
        let failure = failed(outcome, FailureKind::Timeout);
        assert!(failure.message.ends_with(part), "{failure}");
    }
}

#[tokio::test]
async fn a_slow_answer_within_the_timeout_counts() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
        let mut peer = receiver.accept().await;
        peer.read_request().await;
        for byte in answer.bytes() {
            peer.write_bytes(&[byte]).await;
            reactor_turn().await;
            sender.clock.advance(Duration::from_millis(100));
        }
    })
    .await;
    assert_eq!(answered(outcome).body, "ok");
}

#[tokio::test]
async fn a_receiver_that_reads_nothing_costs_the_timeout() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let request = request(&receiver.url("/"), &[], "x".repeat(16 * 1024 * 1024));
    let (outcome, _peer) = both(sender.send(request, &options(1)), async {
        let mut peer = receiver.accept().await;
        peer.read_head().await;
        sender.clock.advance(TIMEOUT);
        peer
    })
    .await;
    let failure = failed(outcome, FailureKind::Timeout);
    assert!(failure.message.ends_with("it had not taken the whole request"), "{failure}");
}
