//! Our side of the wire: a transport with a clock in the test's hand.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    delivery::Method,
    id::ApplicationId,
    ports::{Failure, FailureKind, Outcome, Response, SendOptions, Transport},
    render::{Header, Request, Target},
    secret::Secret,
};
use fanfare_outbound::{HttpTransport, OutboundConfig, Resolve, ResolveError};

use crate::clock::ManualClock;

pub(crate) const TIMEOUT: Duration = Duration::from_secs(15);

pub(crate) struct Sender {
    pub(crate) transport: HttpTransport,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) names: Arc<Names>,
}

impl Sender {
    /// One that may reach this machine.
    pub(crate) fn new() -> Self {
        Self::with(loopback())
    }

    pub(crate) fn with(config: OutboundConfig) -> Self {
        let clock = Arc::new(ManualClock::new());
        let names = Arc::new(Names::default());
        let transport = HttpTransport::with_resolver(config, clock.clone(), names.clone()).unwrap();
        Self { transport, clock, names }
    }

    pub(crate) async fn post(&self, url: &str) -> Outcome {
        self.send(request(url, &[], "{}"), &options(1)).await
    }

    pub(crate) async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        self.transport.send(request, options).await
    }
}

pub(crate) fn loopback() -> OutboundConfig {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    OutboundConfig { allow_networks, ..OutboundConfig::default() }
}

pub(crate) fn options(application: u8) -> SendOptions {
    SendOptions {
        token: None,
        application: ApplicationId([application; 20]),
        timeout: TIMEOUT,
        verify_tls: true,
    }
}

pub(crate) fn request(url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let header = |(name, value): &(&str, &str)| Header {
        name: (*name).into(),
        value: Secret::new(*value),
        sensitive: false,
    };
    Request {
        method: Method::Post,
        target: Target::Http(url.parse().unwrap()),
        headers: headers.iter().map(header).collect(),
        body: body.into(),
        key_number: None,
    }
}

pub(crate) fn answered(outcome: Outcome) -> Response {
    outcome.result.expect("there is an answer")
}

pub(crate) fn failed(outcome: Outcome, kind: FailureKind) -> Failure {
    let failure = outcome.result.expect_err("there is no answer");
    assert_eq!(failure.kind, kind, "{failure}");
    failure
}

type Answers = VecDeque<Result<Vec<IpAddr>, ResolveError>>;

/// A name server that says what it was told to, once each.
#[derive(Default)]
pub(crate) struct Names(Mutex<Answers>);

impl Names {
    pub(crate) fn then(&self, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.0.lock().unwrap().push_back(Ok(addresses));
    }

    pub(crate) fn then_fail(&self, error: ResolveError) {
        self.0.lock().unwrap().push_back(Err(error));
    }

    pub(crate) fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.0.lock().unwrap().pop_front().unwrap_or_else(|| panic!("nobody expected a question for {host}"))
    }
}
