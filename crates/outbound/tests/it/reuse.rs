//! Connections that carry more than one request, and those that must not.

use std::time::Duration;

use fanfare_core::ports::FailureKind;

use crate::{
    receiver::{Receiver, both, reactor_turn},
    sender::{Sender, answered, failed, loopback, options, request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    for answer in
        [OK, "HTTP/1.1 204 x\r\n\r\n", "HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", OK]
    {
        let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
            peer.read_request().await;
            peer.write(answer).await;
        })
        .await;
        assert_eq!(outcome.remote, Some(receiver.address.ip()));
        answered(outcome);
    }
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn applications_and_tls_settings_never_share_a_connection() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let mut peers = Vec::new();
    let mut unverified = options(1);
    unverified.verify_tls = false;
    for options in [options(1), options(2), unverified] {
        let send = sender.send(request(&receiver.url("/"), &[], "{}"), &options);
        peers.push(both(send, receiver.answer(OK)).await.1);
    }
    let options = options(1);
    let send = sender.send(request(&receiver.url("/second"), &[], "{}"), &options);
    let (_, seen) = both(send, async {
        let seen = peers[0].read_request().await;
        peers[0].write(OK).await;
        seen
    })
    .await;
    assert!(seen.starts_with("POST /second"));
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_not_used() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    drop(peer);
    reactor_turn().await;
    let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    assert_eq!(answered(outcome).status, 200);
}

#[tokio::test]
async fn a_reused_connection_that_dies_unanswered_is_replaced_once() {
    for reset in [false, true] {
        let (sender, receiver) = (Sender::new(), Receiver::bind().await);
        let (_, mut peer) = both(sender.post(&receiver.url("/first")), receiver.answer(OK)).await;
        let (outcome, again) = both(sender.post(&receiver.url("/second")), async {
            peer.read_request().await;
            if reset {
                peer.reset();
            } else {
                drop(peer);
            }
            let mut fresh = receiver.accept().await;
            let again = fresh.read_request().await;
            fresh.write(OK).await;
            again
        })
        .await;
        assert!(again.starts_with("POST /second"));
        assert_eq!(answered(outcome).status, 200);
    }
}

#[tokio::test]
async fn the_replacement_is_not_replaced() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
        peer.read_request().await;
        drop(peer);
        receiver.accept().await.read_request().await;
    })
    .await;
    failed(outcome, FailureKind::Broken);
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_reused_connection_that_dies_within_the_answer_is_not_replaced() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    let (outcome, ()) = both(sender.post(&receiver.url("/")), async {
        peer.read_request().await;
        peer.write("H").await;
        drop(peer);
    })
    .await;
    failed(outcome, FailureKind::Broken);
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_fresh_connection_that_dies_unanswered_is_not_replaced() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (outcome, ()) =
        both(sender.post(&receiver.url("/")), async { drop(receiver.answer("").await) }).await;
    failed(outcome, FailureKind::Broken);
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_connection_that_either_side_closes_is_not_kept() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let (_, peer) = both(sender.post(&receiver.url("/")), receiver.answer(closing)).await;
    assert_eq!(peer.ended().await, b"");
    let ours = request(&receiver.url("/"), &[("Connection", "close")], "{}");
    let (_, peer) = both(sender.send(ours, &options(1)), receiver.answer(OK)).await;
    assert_eq!(peer.ended().await, b"");
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    sender.clock.advance(Duration::from_secs(60));
    peer.ended().await;
}

#[tokio::test]
async fn closing_or_dropping_the_transport_ends_its_connections() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let (_, peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    sender.transport.close();
    peer.ended().await;
    failed(sender.post(&receiver.url("/")).await, FailureKind::Request);

    let sender = Sender::new();
    let (_, peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    drop(sender);
    peer.ended().await;
}

#[tokio::test]
async fn idle_connections_are_bounded() {
    let mut config = loopback();
    config.idle_connections_per_origin = 1;
    let (sender, receiver) = (Sender::with(config), Receiver::bind().await);
    let url = receiver.url("/");
    let (_, (first, second)) = both(async { tokio::join!(sender.post(&url), sender.post(&url)) }, async {
        let (mut first, mut second) = (receiver.accept().await, receiver.accept().await);
        first.read_request().await;
        second.read_request().await;
        first.write(OK).await;
        reactor_turn().await;
        second.write(OK).await;
        (first, second)
    })
    .await;
    first.ended().await;
    let mut second = second;
    both(sender.post(&url), async {
        second.read_request().await;
        second.write(OK).await;
    })
    .await;
}
