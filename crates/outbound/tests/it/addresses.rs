//! Which addresses a request reaches.

use fanfare_core::{
    id::EndpointId,
    ports::FailureKind,
    render::{Request, Target},
};
use fanfare_outbound::{OutboundConfig, ResolveError};

use crate::{
    receiver::{Receiver, both},
    sender::{Sender, answered, failed, options, request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

fn allowing(network: &str) -> Sender {
    let allow_networks = vec![network.parse().unwrap()];
    Sender::with(OutboundConfig { allow_networks, ..OutboundConfig::default() })
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_spelt() {
    let (sender, receiver) = (Sender::with(OutboundConfig::default()), Receiver::bind().await);
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "127.0.0.1.",
        "１２７.0.0.1",
        "169.254.169.254",
    ] {
        let url = format!("http://{host}:{}/", receiver.address.port());
        let outcome = sender.post(&url).await;
        assert_eq!(outcome.remote, None);
        failed(outcome, FailureKind::AddressRefused);
    }
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_refusal_says_who_why_and_what_to_do() {
    let sender = Sender::with(OutboundConfig::default());
    sender.names.then(&["10.1.2.3"]);
    let failure =
        failed(sender.post("http://customer.example/?key=s3cret").await, FailureKind::AddressRefused);
    assert_eq!(
        failure.message,
        "customer.example may not be reached: 10.1.2.3 lies in 10.0.0.0/8 (private use); the server's \
         `--allow-network 10.1.2.3/32` would allow it"
    );
}

#[tokio::test]
async fn allowed_networks_are_reached() {
    let (sender, receiver) = (allowing("127.0.0.1/32"), Receiver::bind().await);
    let (outcome, _peer) = both(sender.post(&receiver.url("/")), receiver.answer(OK)).await;
    assert_eq!(answered(outcome).status, 200);
    failed(sender.post("http://127.0.0.2/").await, FailureKind::AddressRefused);
}

#[tokio::test]
async fn a_name_that_is_rebound_reaches_only_what_was_checked() {
    let (sender, public) = (allowing("127.0.0.1/32"), Receiver::bind().await);
    let port = public.address.port();
    let private = Receiver::bind_to(&format!("127.0.0.2:{port}")).await;
    let url = format!("http://rebound.example:{port}/");

    sender.names.then(&["127.0.0.1"]);
    sender.names.then(&["127.0.0.2"]);
    let (outcome, _peer) = both(sender.post(&url), public.answer(OK)).await;
    assert_eq!(outcome.remote, Some(public.address.ip()));
    assert_eq!(answered(outcome).status, 200);
    assert_eq!(sender.names.left(), 1, "one connection asks once");

    let outcome = sender.post(&url).await;
    assert_eq!(outcome.remote, None);
    failed(outcome, FailureKind::AddressRefused);
    private.expect_nobody().await;
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_reached_are() {
    let (sender, public) = (allowing("127.0.0.1/32"), Receiver::bind().await);
    let port = public.address.port();
    let private = Receiver::bind_to(&format!("127.0.0.2:{port}")).await;
    sender.names.then(&["127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"]);
    let (outcome, _peer) =
        both(sender.post(&format!("http://mixed.example:{port}/")), public.answer(OK)).await;
    assert_eq!(outcome.remote, Some(public.address.ip()));
    assert_eq!(answered(outcome).status, 200);
    private.expect_nobody().await;
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let (sender, receiver) = (allowing("127.0.0.0/8"), Receiver::bind().await);
    let port = receiver.address.port();
    sender.names.then(&["127.0.0.3", "127.0.0.2", "127.0.0.1"]);
    let (outcome, _peer) =
        both(sender.post(&format!("http://several.example:{port}/")), receiver.answer(OK)).await;
    assert_eq!(outcome.remote, Some(receiver.address.ip()));
    assert_eq!(answered(outcome).status, 200);
}

#[tokio::test]
async fn nobody_listening_is_a_connect_failure() {
    let sender = allowing("127.0.0.0/8");
    let address = Receiver::bind().await.address;
    let outcome = sender.post(&format!("http://{address}/?key=s3cret")).await;
    assert_eq!(outcome.remote, None);
    let failure = failed(outcome, FailureKind::Connect);
    let expected = format!("no connection to {address}: Connection refused");
    assert!(failure.message.starts_with(&expected), "{failure}");
    sender.names.then(&["127.0.0.1"]);
    let outcome = sender.post(&format!("http://quiet.example:{}/?key=s3cret", address.port())).await;
    let failure = failed(outcome, FailureKind::Connect);
    let expected = format!("no connection to quiet.example at {address}: Connection refused");
    assert!(failure.message.starts_with(&expected), "{failure}");
}

#[tokio::test]
async fn names_without_addresses_are_dns_failures() {
    let sender = allowing("127.0.0.0/8");
    sender.names.then(&[]);
    sender.names.then_fail(ResolveError::NotFound);
    sender.names.then_fail(ResolveError::Failed("the name servers did not answer in time".into()));
    for expected in [
        "gone.example has no address",
        "gone.example could not be resolved: the name does not exist or has no address",
        "gone.example could not be resolved: the name servers did not answer in time",
    ] {
        let failure = failed(sender.post("https://gone.example/?key=s3cret").await, FailureKind::Dns);
        assert_eq!(failure.message, expected);
    }
}

#[tokio::test]
async fn what_is_not_ours_to_send_is_refused() {
    let sender = Sender::new();
    let inbox =
        Request { target: Target::Inbox(EndpointId([1; 20])), ..request("http://a.example", &[], "") };
    failed(sender.send(inbox, &options(1)).await, FailureKind::Request);
    failed(sender.post("ftp://a.example/").await, FailureKind::Request);
    let injecting = request("http://a.example", &[("X-A", "s3cret\r\nX-B: 1")], "");
    let failure = failed(sender.send(injecting, &options(1)).await, FailureKind::Request);
    assert_eq!(failure.message, "the value of the header X-A has control characters");
}
