//! What an attempt tells the transport of access tokens and certificates.

use std::sync::Arc;

use fanfare_core::{
    auth::{Auth, ClientCredentials, CredentialsIn},
    delivery::DeliveryState,
    endpoint::EventFilter,
    ports::{FailureKind, TokenSource},
    secret::Secret,
};
use fanfare_engine::configure::endpoint::{AuthDraft, EndpointDraft};

use crate::harness::{Answer, TestNode};

fn client(secret: &str) -> ClientCredentials {
    ClientCredentials {
        token_url: "https://auth.test/token".parse().unwrap(),
        client_id: Secret::new("id"),
        client_secret: Secret::new(secret),
        scope: Some("hooks".to_owned()),
        audience: None,
        credentials_in: CredentialsIn::Body,
    }
}

fn oauth2(draft: &mut EndpointDraft, secret: &str) {
    draft.url = "https://a.test/".parse().unwrap();
    draft.auth = AuthDraft::New(Auth::OAuth2(Arc::new(client(secret))));
}

#[tokio::test(start_paused = true)]
async fn jof_9_an_attempt_brings_the_client_and_whether_its_profile_keeps_tokens() {
    for (profile, cached) in [("jofi", false), ("standard", true)] {
        let mut node = TestNode::of_profile(profile).await;
        let endpoint = node.endpoint_with("a.test", |draft| oauth2(draft, "first")).await;
        let first = node.post().await;
        node.until_state(&first, &endpoint, DeliveryState::Succeeded).await;
        node.change(&endpoint, |draft| oauth2(draft, "second")).await;
        let second = node.post().await;
        node.until_state(&second, &endpoint, DeliveryState::Succeeded).await;
        let tokens: Vec<_> = node.net.calls("a.test").into_iter().map(|call| call.token).collect();
        let of =
            |secret| Some(TokenSource { endpoint: endpoint.id, client: Arc::new(client(secret)), cached });
        assert_eq!(tokens, [of("first"), of("second")], "{profile}");
        node.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn jof_9_a_failed_token_call_is_a_failed_attempt_and_is_retried() {
    let mut node = TestNode::of_profile("jofi").await;
    let endpoint = node.endpoint_with("a.test", |draft| oauth2(draft, "secret")).await;
    node.net.next("a.test", [Answer::Fail(FailureKind::Token)]);
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let attempts = node.attempts(&message).await;
    let kinds: Vec<_> =
        attempts.iter().map(|attempt| attempt.failure.as_ref().map(|(kind, _)| kind.as_str())).collect();
    assert_eq!(kinds, [Some("token"), None]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn certificates_are_verified_unless_the_endpoint_says_otherwise_and_others_bring_no_token() {
    for verify_tls in [true, false] {
        let mut node = TestNode::of_profile("trutac").await;
        let wish = |draft: &mut EndpointDraft| {
            draft.event_filter = EventFilter::Wildcard;
            draft.verify_tls = verify_tls;
        };
        let endpoint = node.endpoint_with("a.test", wish).await;
        let message = node.post().await;
        node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
        let call = node.net.calls("a.test").pop().unwrap();
        assert_eq!((call.verify_tls, call.token), (verify_tls, None));
        node.finish().await;
    }
}
