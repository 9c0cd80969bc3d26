//! What stands on the wire, byte for byte.

use fanfare_core::{delivery::Method, render::Request};

use crate::{
    receiver::{Receiver, both},
    sender::{Sender, answered, options, request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn headers_keep_their_letter_case_and_order_and_nothing_is_added() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let headers =
        [("webhook-id", "msg_1"), ("TT-Hook-Event", "a"), ("X-iD", "b"), ("User-Agent", "trimoji/1.0.0")];
    let request = request(&receiver.url("/hook?b=2&a=%20"), &headers, "{\"é\":1}");
    let (outcome, seen) = both(sender.send(request, &options(1)), async {
        let mut peer = receiver.accept().await;
        let seen = peer.read_request().await;
        peer.write(OK).await;
        seen
    })
    .await;
    let expected = format!(
        "POST /hook?b=2&a=%20 HTTP/1.1\r\nHost: {}\r\nwebhook-id: msg_1\r\nTT-Hook-Event: a\r\nX-iD: b\r\n\
         User-Agent: trimoji/1.0.0\r\nContent-Length: 8\r\n\r\n{{\"é\":1}}",
        receiver.address
    );
    assert_eq!(seen, expected);
    let remote = outcome.remote;
    assert_eq!(answered(outcome).body, "ok");
    assert_eq!(remote, Some(receiver.address.ip()));
}

#[tokio::test]
async fn names_that_differ_in_letter_case_only_stay_apart_on_a_reused_connection_too() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let headers = [("X-JOFI-Signature", "1"), ("x-jofi-signature", "2"), ("ACCEPT", "*/*")];
    let (_, mut peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    let request = request(&receiver.url("/"), &headers, "{}");
    let (_, seen) = both(sender.send(request, &options(1)), async {
        let seen = peer.read_request().await;
        peer.write(OK).await;
        seen
    })
    .await;
    let lines =
        "\r\nX-JOFI-Signature: 1\r\nx-jofi-signature: 2\r\nACCEPT: */*\r\nContent-Length: 2\r\n\r\n{}";
    assert!(seen.ends_with(lines), "{seen}");
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn the_method_is_the_one_that_was_rendered() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    for method in [Method::Post, Method::Put, Method::Patch] {
        let request = Request { method, ..request(&receiver.url("/"), &[("Connection", "close")], "") };
        let (_, seen) = both(sender.send(request, &options(1)), async {
            let mut peer = receiver.accept().await;
            let seen = peer.read_request().await;
            peer.write(OK).await;
            seen
        })
        .await;
        let line = format!("{} / HTTP/1.1\r\n", method.as_str());
        assert!(seen.starts_with(&line) && seen.ends_with("Content-Length: 0\r\n\r\n"), "{seen}");
    }
}

#[tokio::test]
async fn an_ipv6_host_stands_in_brackets() {
    let (sender, receiver) = (Sender::new(), Receiver::bind_to("[::1]:0").await);
    let (outcome, seen) = both(sender.post(&receiver.url("/")), async {
        let mut peer = receiver.accept().await;
        let seen = peer.read_request().await;
        peer.write(OK).await;
        seen
    })
    .await;
    assert!(seen.contains(&format!("Host: [::1]:{}\r\n", receiver.address.port())), "{seen}");
    assert_eq!(outcome.remote, Some("::1".parse().unwrap()));
    assert_eq!(answered(outcome).status, 200);
}

#[tokio::test]
async fn a_named_host_is_named_and_its_port_too() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    sender.names.then(&["127.0.0.1"]);
    let port = receiver.address.port();
    let (_, seen) = both(sender.post(&format!("http://Customer.example:{port}/")), async {
        let mut peer = receiver.accept().await;
        let seen = peer.read_request().await;
        peer.write(OK).await;
        seen
    })
    .await;
    assert!(seen.contains(&format!("Host: customer.example:{port}\r\n")), "{seen}");
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let body: String = ('a'..='z').cycle().take(6 * 1024 * 1024).collect();
    let request = request(&receiver.url("/"), &[], body.clone());
    let (outcome, seen) = both(sender.send(request, &options(1)), async {
        let mut peer = receiver.accept().await;
        let seen = peer.read_request().await;
        peer.write(OK).await;
        seen
    })
    .await;
    assert!(seen.ends_with(&body));
    assert_eq!(answered(outcome).status, 200);
}
