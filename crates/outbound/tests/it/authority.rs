//! An authorization server and an endpoint, both played by hand, and a sender between them.

use std::sync::Arc;

use fanfare_core::{
    auth::{ClientCredentials, CredentialsIn},
    endpoint::WebhookUrl,
    id::EndpointId,
    ports::{Failure, FailureKind, Outcome, SendOptions, TokenSource},
    secret::Secret,
};

use crate::{
    receiver::{Receiver, both},
    sender::{Sender, failed, options, request},
};

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
pub(crate) const UNAUTHORIZED: &str =
    "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
pub(crate) const SECRET: &str = "pa:ss/word";

pub(crate) struct Scene {
    pub(crate) sender: Sender,
    pub(crate) authority: Receiver,
    pub(crate) endpoint: Receiver,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self { sender: Sender::new(), authority: Receiver::bind().await, endpoint: Receiver::bind().await }
    }

    /// Options with tokens of our authority, kept.
    pub(crate) fn cached(&self) -> SendOptions {
        with_token(source(&self.authority.url("/token"), true))
    }

    /// Options with a token for each request.
    pub(crate) fn per_send(&self) -> SendOptions {
        with_token(source(&self.authority.url("/token"), false))
    }

    pub(crate) async fn send(&self, options: &SendOptions) -> Outcome {
        self.sender.send(request(&self.endpoint.url("/hook"), &[], "{}"), options).await
    }

    /// Sends, while the authority is asked once and grants `token`, and the endpoint answers with `answer`.
    pub(crate) async fn send_with_grant(&self, options: &SendOptions, token: &str, answer: &str) -> Outcome {
        let (outcome, seen) = both(self.send(options), async {
            self.authority.answer(&grant(token, 3600)).await;
            self.called(answer).await
        })
        .await;
        assert_eq!(seen, format!("Bearer {token}"));
        outcome
    }

    /// Sends, while nobody but the endpoint is asked; the `Authorization` that it saw.
    pub(crate) async fn send_with_kept(&self, options: &SendOptions, answer: &str) -> (Outcome, String) {
        both(self.send(options), self.called(answer)).await
    }

    /// The endpoint is called and answers; the `Authorization` that it saw.
    pub(crate) async fn called(&self, answer: &str) -> String {
        let mut peer = self.endpoint.accept().await;
        let seen = authorization(&peer.read_request().await);
        peer.write(answer).await;
        seen
    }

    /// Sends, while the authority answers with `answer`: no token comes of it, and the endpoint is not called.
    pub(crate) async fn fail_with(&self, answer: &[u8]) -> Failure {
        let options = self.cached();
        let (outcome, _peer) = both(self.send(&options), async {
            let mut peer = self.authority.accept().await;
            peer.read_request().await;
            peer.write_bytes(answer).await;
            drop(peer);
        })
        .await;
        assert_eq!(outcome.remote, None);
        self.not_called().await;
        failed(outcome, FailureKind::Token)
    }

    pub(crate) async fn not_called(&self) {
        self.endpoint.expect_nobody().await;
    }
}

pub(crate) fn with_token(source: TokenSource) -> SendOptions {
    SendOptions { token: Some(source), ..options(1) }
}

pub(crate) fn source(token_url: &str, cached: bool) -> TokenSource {
    TokenSource { endpoint: EndpointId([1; 20]), client: Arc::new(client(token_url)), cached }
}

pub(crate) fn client(token_url: &str) -> ClientCredentials {
    ClientCredentials {
        token_url: WebhookUrl::try_from(token_url.to_owned()).unwrap(),
        client_id: Secret::new("client"),
        client_secret: Secret::new(SECRET),
        scope: None,
        audience: None,
        credentials_in: CredentialsIn::Basic,
    }
}

/// An answer of the authority that grants `token`.
pub(crate) fn grant(token: &str, seconds: u64) -> String {
    let body = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{seconds}}}"#);
    answer("200 OK", &body)
}

/// An answer that ends the connection.
pub(crate) fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The value of the one `Authorization` header of a request.
pub(crate) fn authorization(seen: &str) -> String {
    let mut values = seen.split("\r\n").filter_map(|line| line.strip_prefix("Authorization: "));
    let value = values.next().expect("there is an Authorization header").to_owned();
    assert_eq!(values.next(), None);
    value
}
