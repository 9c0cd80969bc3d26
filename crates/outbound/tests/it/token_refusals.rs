//! No token, no call: what goes wrong at the authorization server, and how it is told.

use std::time::Duration;

use fanfare_core::{
    limits::{TOKEN_ANSWER_BYTES, TOKEN_TIME},
    ports::{FailureKind, SendOptions},
};
use fanfare_outbound::{OutboundConfig, ResolveError};

use crate::{
    authority::{OK, SECRET, Scene, answer, grant, source, with_token},
    receiver::{Receiver, both},
    sender::{Sender, answered, failed, request},
    tls::Secured,
};

#[tokio::test]
async fn jof_9_an_answer_without_a_token_fails_the_attempt_and_the_endpoint_is_not_called() {
    let large = format!(r#"{{"access_token":"t","pad":"{}"}}"#, "x".repeat(TOKEN_ANSWER_BYTES));
    let flood = "x".repeat(1024 * 1024);
    for (answer, expected) in [
        (answer("500 Oops", "<h1>pa:ss/word</h1>"), "answered 500"),
        (answer("400 Bad", r#"{"error":"invalid_client"}"#), "answered 400 (invalid_client)"),
        (answer("401 No", r#"{"error":"pa:ss/word"}"#), "answered 401"),
        (answer("200 OK", "<html>pa:ss/word"), "answered 200 with a body that is not a JSON object"),
        (answer("200 OK", r#"{"token_type":"bearer"}"#), "answered 200 without an access_token"),
        (answer("200 OK", &large), "answered with more than 32768 bytes"),
        (answer("200 OK", &flood), "answered with more than 32768 bytes"),
        (
            answer("200 OK", r#"{"access_token":"t","token_type":"mac"}"#),
            "gave a token whose token_type is not Bearer (mac): only Bearer tokens can be sent",
        ),
        (
            answer("200 OK", r#"{"access_token":"t\r\nX-Evil: 1"}"#),
            "gave an access token with characters that a header cannot carry",
        ),
        ("HTTP/1.1 200 OK\r\nConte".to_owned(), "closed the connection within the head of its answer"),
        (String::new(), "closed the connection without an answer"),
        ("pa:ss/word".to_owned(), "gave an answer that is not HTTP, or too long"),
    ] {
        let scene = Scene::new().await;
        let failure = scene.fail_with(answer.as_bytes()).await;
        assert_eq!(failure.message, format!("no access token: 127.0.0.1 {expected}"));
        assert!(!failure.message.contains(SECRET));
    }
}

#[tokio::test]
async fn a_redirect_of_the_token_call_is_not_followed() {
    let (scene, private) = (Scene::new().await, Receiver::bind().await);
    let redirect = format!("HTTP/1.1 307 x\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", private.url("/"));
    let failure = scene.fail_with(redirect.as_bytes()).await;
    assert_eq!(failure.message, "no access token: 127.0.0.1 answered 307; redirects are not followed");
    private.expect_nobody().await;
}

#[tokio::test]
async fn the_token_call_is_under_the_address_guard() {
    let allow_networks = vec!["127.0.0.1/32".parse().unwrap()];
    let sender = Sender::with(OutboundConfig { allow_networks, ..OutboundConfig::default() });
    let (endpoint, private) = (Receiver::bind().await, Receiver::bind_to("127.0.0.2:0").await);
    sender.names.then(&["169.254.169.254"]);
    for (url, address) in [
        (private.url("/token"), "127.0.0.2"),
        ("http://10.0.0.1/token".to_owned(), "10.0.0.1"),
        ("https://[::1]/token".to_owned(), "::1"),
        ("http://auth.example/token".to_owned(), "169.254.169.254"),
    ] {
        let options = with_token(source(&url, true));
        let outcome = sender.send(request(&endpoint.url("/"), &[], "{}"), &options).await;
        let failure = failed(outcome, FailureKind::Token);
        assert!(failure.message.starts_with("no access token: "), "{failure}");
        assert!(failure.message.contains(&format!("may not be reached: {address} lies in")), "{failure}");
    }
    endpoint.expect_nobody().await;
    private.expect_nobody().await;
}

#[tokio::test]
async fn the_token_call_is_under_the_tls_rules_of_the_endpoint() {
    let (scene, secured) = (Scene::new().await, Secured::bind().await);
    let verified = with_token(source(&secured.url("127.0.0.1"), true));
    let (outcome, _) = both(scene.send(&verified), secured.accept()).await;
    let failure = failed(outcome, FailureKind::Token);
    let expected = "no access token: 127.0.0.1 has a certificate that nobody trusted has issued";
    assert!(failure.message.starts_with(expected), "{failure}");
    scene.not_called().await;

    let unverified = SendOptions { verify_tls: false, ..verified };
    let (outcome, seen) = both(scene.send(&unverified), async {
        let _peer = Box::pin(secured.answer(&grant("t", 60))).await;
        scene.called(OK).await
    })
    .await;
    assert_eq!((answered(outcome).status, seen.as_str()), (200, "Bearer t"));
}

#[tokio::test]
async fn a_name_or_a_port_that_is_not_there_is_told() {
    let scene = Scene::new().await;
    scene.sender.names.then_fail(ResolveError::NotFound);
    let options = with_token(source("https://auth.example/token", true));
    let failure = failed(scene.send(&options).await, FailureKind::Token);
    let expected =
        "no access token: auth.example could not be resolved: the name does not exist or has no address";
    assert_eq!(failure.message, expected);

    let gone = Receiver::bind().await.url("/token");
    let failure = failed(scene.send(&with_token(source(&gone, true))).await, FailureKind::Token);
    assert!(failure.message.starts_with("no access token: no connection to 127.0.0.1:"), "{failure}");
    scene.not_called().await;
}

#[tokio::test]
async fn a_slow_authority_costs_the_time_of_a_token_call_or_less() {
    for (timeout, limit) in
        [(Duration::from_secs(60), TOKEN_TIME), (Duration::from_secs(2), Duration::from_secs(2))]
    {
        let scene = Scene::new().await;
        let options = SendOptions { timeout, ..scene.cached() };
        let (outcome, _peer) = both(scene.send(&options), async {
            let mut peer = scene.authority.accept().await;
            peer.read_request().await;
            peer.write("HTTP/1.1 200 OK\r\n").await;
            scene.sender.clock.advance(limit);
            peer
        })
        .await;
        let failure = failed(outcome, FailureKind::Token);
        let expected =
            format!("no access token: 127.0.0.1 took longer than {} s: it had not answered", limit.as_secs());
        assert_eq!(failure.message, expected);
        scene.not_called().await;
    }
}

#[tokio::test]
async fn a_request_with_an_authorization_header_of_its_own_is_refused_before_any_call() {
    let scene = Scene::new().await;
    let request = request(&scene.endpoint.url("/"), &[("AUTHORIZATION", "Basic x")], "{}");
    let failure = failed(scene.sender.send(request, &scene.cached()).await, FailureKind::Request);
    assert!(failure.message.starts_with("the request has an Authorization header already"), "{failure}");
    scene.authority.expect_nobody().await;
    scene.not_called().await;
}
