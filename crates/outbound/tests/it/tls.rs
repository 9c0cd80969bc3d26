//! TLS: whose certificate is believed, and what becomes of those that are not.

use std::sync::Arc;

use fanfare_core::ports::{FailureKind, SendOptions};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    receiver::{Peer, Receiver, both},
    sender::{Sender, TIMEOUT, answered, failed, loopback, options, request},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A receiver with a certificate of its own for `customer.example`.
pub(crate) struct Secured {
    pub(crate) receiver: Receiver,
    acceptor: TlsAcceptor,
    pem: String,
}

impl Secured {
    pub(crate) async fn bind() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with another certificate.
    async fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(vec!["customer.example".to_owned()]).unwrap();
        change(&mut params);
        let signing_key = KeyPair::generate().unwrap();
        let issued = params.self_signed(&signing_key).unwrap();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.der().clone()], key.into())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self { receiver: Receiver::bind().await, acceptor, pem: issued.pem() }
    }

    pub(crate) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.receiver.address.port())
    }

    pub(crate) async fn accept(&self) -> std::io::Result<Peer<TlsStream<TcpStream>>> {
        self.acceptor.accept(self.receiver.accept().await.stream).await.map(Peer::new)
    }

    pub(crate) async fn answer(&self, answer: &str) -> Peer<TlsStream<TcpStream>> {
        let mut peer = self.accept().await.unwrap();
        peer.read_request().await;
        peer.write(answer).await;
        peer
    }
}

fn trusting(pem: &str) -> Sender {
    let mut config = loopback();
    config.extra_roots_pem = Some(pem.to_owned());
    Sender::with(config)
}

fn unverified() -> SendOptions {
    SendOptions { verify_tls: false, ..options(1) }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (sender, secured) = (Sender::new(), Secured::bind().await);
    sender.names.then(&["127.0.0.1"]);
    let (outcome, _) = both(sender.post(&secured.url("customer.example")), secured.accept()).await;
    assert_eq!(outcome.remote, Some(secured.receiver.address.ip()));
    let failure = failed(outcome, FailureKind::Tls);
    assert_eq!(
        failure.message,
        "customer.example has a certificate that nobody trusted has issued: it is self-signed, or the receiver \
         does not send the intermediate ones"
    );
}

#[tokio::test]
async fn it_is_taken_where_verification_is_off() {
    let (sender, secured) = (Sender::new(), Secured::bind().await);
    sender.names.then(&["127.0.0.1"]);
    for url in [secured.url("other.example"), secured.url("127.0.0.1")] {
        let (outcome, _peer) =
            both(sender.send(request(&url, &[], "{}"), &unverified()), secured.answer(OK)).await;
        assert_eq!(answered(outcome).body, "ok");
    }
}

#[tokio::test]
async fn switching_verification_off_leaves_no_session_behind_for_those_who_verify() {
    let (sender, secured) = (Sender::new(), Secured::bind().await);
    sender.names.then(&["127.0.0.1"]);
    let url = secured.url("customer.example");
    let (outcome, _peer) =
        both(sender.send(request(&url, &[], "{}"), &unverified()), secured.answer(OK)).await;
    answered(outcome);
    sender.names.then(&["127.0.0.1"]);
    let (outcome, _) = both(sender.post(&url), secured.accept()).await;
    failed(outcome, FailureKind::Tls);
}

#[tokio::test]
async fn an_extra_root_is_believed_for_the_names_it_has_and_no_others() {
    let secured = Secured::bind().await;
    let sender = trusting(&secured.pem);
    sender.names.then(&["127.0.0.1"]);
    let (outcome, peer) = both(sender.post(&secured.url("customer.example")), secured.answer(OK)).await;
    assert_eq!(answered(outcome).body, "ok");
    let (_, session) = peer.stream.get_ref();
    assert_eq!(session.server_name(), Some("customer.example"));
    assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));

    sender.names.then(&["127.0.0.1"]);
    let (outcome, _) = both(sender.post(&secured.url("other.example")), secured.accept()).await;
    let failure = failed(outcome, FailureKind::Tls);
    assert_eq!(failure.message, "other.example has a certificate that is for another name");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_in_words() {
    let expired = |params: &mut CertificateParams| params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (secured, words) in [
        (Secured::with(expired).await, "has expired"),
        (Secured::with(early).await, "is not valid yet"),
        (Secured::with(authority).await, "is one of a certificate authority, not of a server"),
    ] {
        let sender = trusting(&secured.pem);
        sender.names.then(&["127.0.0.1"]);
        let (outcome, _) = both(sender.post(&secured.url("customer.example")), secured.accept()).await;
        let failure = failed(outcome, FailureKind::Tls);
        assert_eq!(failure.message, format!("customer.example has a certificate that {words}"));
    }
}

#[tokio::test]
async fn extra_roots_that_are_none_are_refused_at_the_start() {
    for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut config = loopback();
        config.extra_roots_pem = Some(pem.to_owned());
        let sender = Sender::new();
        let made = fanfare_outbound::HttpTransport::with_resolver(
            config,
            sender.clock.clone(),
            sender.names.clone(),
        );
        assert!(
            made.is_err_and(|error| error.to_string().starts_with("the extra root certificates")),
            "{pem}"
        );
    }
}

#[tokio::test]
async fn a_secured_connection_carries_many_requests() {
    let secured = Secured::bind().await;
    let sender = trusting(&secured.pem);
    sender.names.then(&["127.0.0.1"]);
    let url = secured.url("customer.example.");
    let (_, mut peer) = both(sender.post(&url), secured.answer(OK)).await;
    for body in ["{}".to_owned(), "x".repeat(1024 * 1024)] {
        let (outcome, seen) = both(sender.send(request(&url, &[], body.clone()), &options(1)), async {
            let seen = peer.read_request().await;
            peer.write(OK).await;
            seen
        })
        .await;
        assert!(seen.ends_with(&body));
        assert_eq!(answered(outcome).status, 200);
    }
    secured.receiver.expect_nobody().await;
}

#[tokio::test]
async fn a_body_may_end_without_the_closing_alert() {
    let secured = Secured::bind().await;
    let sender = trusting(&secured.pem);
    sender.names.then(&["127.0.0.1"]);
    let (outcome, ()) = both(sender.post(&secured.url("customer.example")), async {
        drop(secured.answer("HTTP/1.1 200 OK\r\n\r\nok").await);
    })
    .await;
    assert_eq!(answered(outcome).body, "ok");
}

#[tokio::test]
async fn a_handshake_that_does_not_end_costs_the_timeout() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let url = receiver.url("/").replace("http:", "https:");
    let (outcome, _peer) = both(sender.post(&url), async {
        let peer = receiver.accept().await;
        peer.stream.readable().await.unwrap();
        sender.clock.advance(TIMEOUT);
        peer
    })
    .await;
    let failure = failed(outcome, FailureKind::Timeout);
    assert!(failure.message.ends_with("the TLS handshake was not finished"), "{failure}");
}

#[tokio::test]
async fn mixing_up_http_and_https_is_explained() {
    let (sender, receiver) = (Sender::new(), Receiver::bind().await);
    let url = receiver.url("/").replace("http:", "https:");
    let (outcome, _) = both(sender.post(&url), async {
        let mut peer = receiver.accept().await;
        peer.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        peer
    })
    .await;
    failed(outcome, FailureKind::Tls);

    let secured = Secured::bind().await;
    let url = secured.url("127.0.0.1").replace("https:", "http:");
    let (outcome, _) = both(sender.post(&url), secured.accept()).await;
    failed(outcome, FailureKind::Protocol);
}
