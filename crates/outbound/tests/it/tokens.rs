//! Requests with an access token: when it is fetched, kept, replaced, and what stands on the wire.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    auth::{ClientCredentials, CredentialsIn},
    id::EndpointId,
    limits::{TOKEN_SKEW, TOKEN_TIME},
    ports::{FailureKind, SendOptions, TokenSource},
    secret::Secret,
};
use futures::future::join_all;

use crate::{
    authority::{OK, Scene, UNAUTHORIZED, answer, authorization, client, grant, with_token},
    receiver::both,
    sender::{TIMEOUT, answered, failed, request},
};

#[tokio::test]
async fn jof_9_the_token_is_fetched_first_and_stands_in_the_authorization_header() {
    let scene = Scene::new().await;
    let headers = [("X-jOFI-Id", "1"), ("User-Agent", "jofi/1.0")];
    let request = request(&scene.endpoint.url("/hook"), &headers, "{\"a\":1}");
    let options = scene.cached();
    let (outcome, (asked, seen)) = both(scene.sender.send(request, &options), async {
        let mut peer = scene.authority.accept().await;
        let asked = peer.read_request().await;
        scene.not_called().await;
        peer.write(&grant("tok.en", 60)).await;
        let mut peer = scene.endpoint.accept().await;
        let seen = peer.read_request().await;
        peer.write(OK).await;
        (asked, seen)
    })
    .await;
    assert_eq!(
        asked,
        format!(
            "POST /token HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: jofi/1.0\r\n\
             Authorization: Basic Y2xpZW50OnBhJTNBc3MlMkZ3b3Jk\r\nContent-Length: 29\r\n\r\n\
             grant_type=client_credentials",
            scene.authority.address
        )
    );
    assert_eq!(
        seen,
        format!(
            "POST /hook HTTP/1.1\r\nHost: {}\r\nX-jOFI-Id: 1\r\nUser-Agent: jofi/1.0\r\n\
             Authorization: Bearer tok.en\r\nContent-Length: 7\r\n\r\n{{\"a\":1}}",
            scene.endpoint.address
        )
    );
    assert_eq!(outcome.remote, Some(scene.endpoint.address.ip()));
    assert_eq!(answered(outcome).status, 200);
}

#[tokio::test]
async fn a_kept_token_is_used_until_shortly_before_it_expires() {
    let scene = Scene::new().await;
    let options = scene.cached();
    answered(scene.send_with_grant(&options, "first", OK).await);
    scene.sender.clock.advance(Duration::from_secs(3600) - TOKEN_SKEW - Duration::from_secs(1));
    let (outcome, seen) = scene.send_with_kept(&options, OK).await;
    assert_eq!((answered(outcome).status, seen.as_str()), (200, "Bearer first"));
    scene.sender.clock.advance(Duration::from_secs(1));
    answered(scene.send_with_grant(&options, "second", OK).await);
    scene.authority.expect_nobody().await;
}

#[tokio::test]
async fn jof_9_without_keeping_each_request_fetches_its_own_and_401_is_an_answer() {
    let scene = Scene::new().await;
    let options = scene.per_send();
    answered(scene.send_with_grant(&options, "first", OK).await);
    let outcome = scene.send_with_grant(&options, "second", UNAUTHORIZED).await;
    assert_eq!(answered(outcome).status, 401);
    answered(scene.send_with_grant(&options, "third", OK).await);
    scene.authority.expect_nobody().await;
    scene.not_called().await;
}

#[tokio::test]
async fn a_kept_token_that_is_answered_with_401_is_replaced_once() {
    let scene = Scene::new().await;
    let options = scene.cached();
    answered(scene.send_with_grant(&options, "first", OK).await);
    for (kept, fetched, status) in
        [("first", "second", 200), ("second", "third", 401), ("third", "fourth", 401)]
    {
        let last = if status == 200 { OK } else { UNAUTHORIZED };
        let (outcome, seen) = both(scene.send(&options), async {
            let stale = scene.called(UNAUTHORIZED).await;
            scene.authority.answer(&grant(fetched, 3600)).await;
            (stale, scene.called(last).await)
        })
        .await;
        assert_eq!(seen, (format!("Bearer {kept}"), format!("Bearer {fetched}")));
        assert_eq!(answered(outcome).status, status);
        scene.authority.expect_nobody().await;
        scene.not_called().await;
    }
}

#[tokio::test]
async fn a_token_fetched_for_this_request_is_not_replaced() {
    let scene = Scene::new().await;
    let outcome = scene.send_with_grant(&scene.cached(), "first", UNAUTHORIZED).await;
    assert_eq!(answered(outcome).status, 401);
    scene.authority.expect_nobody().await;
    scene.not_called().await;
}

#[tokio::test]
async fn a_replacement_that_cannot_be_had_is_a_failed_token_call() {
    let scene = Scene::new().await;
    let options = scene.cached();
    answered(scene.send_with_grant(&options, "first", OK).await);
    let (outcome, ()) = both(scene.send(&options), async {
        scene.called(UNAUTHORIZED).await;
        scene.authority.answer(&answer("503 Later", "")).await;
    })
    .await;
    assert_eq!(outcome.remote, Some(scene.endpoint.address.ip()));
    let failure = failed(outcome, FailureKind::Token);
    let expected =
        "the endpoint answered 401 to a kept access token; then no access token: 127.0.0.1 answered 503";
    assert_eq!(failure.message, expected);
    scene.not_called().await;
    answered(scene.send_with_grant(&options, "second", OK).await);
}

#[tokio::test]
async fn both_requests_of_a_replaced_token_share_the_timeout() {
    let scene = Scene::new().await;
    let options = scene.cached();
    answered(scene.send_with_grant(&options, "first", OK).await);
    let (outcome, _peer) = both(scene.send(&options), async {
        let mut peer = scene.endpoint.accept().await;
        peer.read_request().await;
        scene.sender.clock.advance(TIMEOUT - Duration::from_secs(2));
        peer.write(UNAUTHORIZED).await;
        let mut peer = scene.authority.accept().await;
        peer.read_request().await;
        scene.sender.clock.advance(TOKEN_TIME - Duration::from_secs(1));
        peer.write(&grant("second", 3600)).await;
        let mut peer = scene.endpoint.accept().await;
        peer.read_request().await;
        scene.sender.clock.advance(Duration::from_secs(2));
        peer
    })
    .await;
    let failure = failed(outcome, FailureKind::Timeout);
    assert_eq!(failure.message, "127.0.0.1 took longer than 15 s: it had not answered");
}

#[tokio::test]
async fn twenty_requests_at_once_cost_one_call() {
    let scene = Scene::new().await;
    let options = scene.cached();
    let sends = join_all((0..20).map(|_| scene.send(&options)));
    let (outcomes, seen) = both(sends, async {
        let mut peer = scene.authority.accept().await;
        peer.read_request().await;
        scene.authority.expect_nobody().await;
        scene.not_called().await;
        peer.write(&grant("shared", 3600)).await;
        join_all((0..20).map(|_| scene.called(OK))).await
    })
    .await;
    assert!(outcomes.into_iter().all(|outcome| answered(outcome).status == 200));
    assert!(seen.iter().all(|seen| seen == "Bearer shared"), "{seen:?}");
    scene.authority.expect_nobody().await;
}

#[tokio::test]
async fn twenty_requests_at_once_replace_a_stale_token_once() {
    let scene = Scene::new().await;
    let options = scene.cached();
    answered(scene.send_with_grant(&options, "stale", OK).await);
    let sends = join_all((0..20).map(|_| scene.send(&options)));
    let (outcomes, seen) = both(sends, async {
        let stale = join_all((0..20).map(|_| scene.called(UNAUTHORIZED))).await;
        assert!(stale.iter().all(|seen| seen == "Bearer stale"), "{stale:?}");
        scene.authority.answer(&grant("shared", 3600)).await;
        join_all((0..20).map(|_| scene.called(OK))).await
    })
    .await;
    assert!(outcomes.into_iter().all(|outcome| answered(outcome).status == 200));
    assert!(seen.iter().all(|seen| seen == "Bearer shared"), "{seen:?}");
    scene.authority.expect_nobody().await;
}

#[tokio::test]
async fn a_failed_call_fails_all_who_waited_for_it_and_nobody_later() {
    let scene = Scene::new().await;
    let options = scene.cached();
    let sends = join_all((0..20).map(|_| scene.send(&options)));
    let (outcomes, _peer) = both(sends, scene.authority.answer(&answer("500 Oops", ""))).await;
    for outcome in outcomes {
        failed(outcome, FailureKind::Token);
    }
    scene.authority.expect_nobody().await;
    scene.not_called().await;
    answered(scene.send_with_grant(&options, "later", OK).await);
}

#[tokio::test]
async fn a_request_that_is_given_up_takes_no_other_along() {
    let scene = Scene::new().await;
    let options = scene.cached();
    let mut given_up = Box::pin(scene.send(&options));
    let peer = tokio::select! {
        biased;
        _ = &mut given_up => panic!("there is no token yet"),
        peer = scene.authority.accept() => peer,
    };
    let (outcome, seen) = both(scene.send(&options), async {
        drop(given_up);
        assert!(String::from_utf8(peer.ended().await).unwrap().starts_with("POST /token"));
        scene.authority.answer(&grant("second", 60)).await;
        scene.called(OK).await
    })
    .await;
    assert_eq!((answered(outcome).status, seen.as_str()), (200, "Bearer second"));
}

#[tokio::test]
async fn other_credentials_and_other_endpoints_get_their_own_tokens() {
    let scene = Scene::new().await;
    let first = client(&scene.authority.url("/token"));
    let rotated = ClientCredentials { client_secret: Secret::new("rotated"), ..first.clone() };
    let scoped = ClientCredentials { scope: Some("write".to_owned()), ..first.clone() };
    let in_body = ClientCredentials { credentials_in: CredentialsIn::Body, ..first.clone() };
    let of = |endpoint: u8, client: &ClientCredentials| {
        let (endpoint, client) = (EndpointId([endpoint; 20]), Arc::new(client.clone()));
        with_token(TokenSource { endpoint, client, cached: true })
    };
    for (number, options) in
        [of(1, &first), of(2, &first), of(1, &rotated), of(1, &scoped), of(1, &in_body)].iter().enumerate()
    {
        let token = format!("token-{number}");
        answered(scene.send_with_grant(options, &token, OK).await);
        let (outcome, seen) = scene.send_with_kept(options, OK).await;
        assert_eq!((answered(outcome).status, seen), (200, format!("Bearer {token}")));
    }
}

#[tokio::test]
async fn token_calls_and_requests_share_the_pool_of_their_application() {
    let scene = Scene::new().await;
    let keep_alive = |text: String| text.replace("Connection: close\r\n", "");
    let (_, (mut authority, mut endpoint)) = both(scene.send(&scene.per_send()), async {
        let authority = scene.authority.answer(&keep_alive(grant("first", 60))).await;
        (authority, scene.endpoint.answer(&keep_alive(OK.to_owned())).await)
    })
    .await;
    let (outcome, seen) = both(scene.send(&scene.per_send()), async {
        authority.read_request().await;
        authority.write(&keep_alive(grant("second", 60))).await;
        let seen = endpoint.read_request().await;
        endpoint.write(OK).await;
        authorization(&seen)
    })
    .await;
    assert_eq!((answered(outcome).status, seen.as_str()), (200, "Bearer second"));

    let of_another =
        SendOptions { application: fanfare_core::id::ApplicationId([2; 20]), ..scene.per_send() };
    answered(scene.send_with_grant(&of_another, "third", OK).await);
}
