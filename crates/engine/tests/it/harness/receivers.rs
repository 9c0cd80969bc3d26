//! Receivers behind a Transport: each host answers as its test says, and all that reached it is kept.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    ports::{Clock, Failure, FailureKind, Outcome, Response, SendOptions, TokenSource, Transport},
    render::{Request, Target},
};
use parking_lot::Mutex;

use super::clock::TestClock;

/// How a receiver answers one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// At once, with this status.
    Status(u16),
    /// At once, with this status and `Retry-After`.
    RetryAfter(u16, String),
    /// With this status, after that long.
    Slowly(u16, Duration),
    /// Not within the timeout.
    Hang,
    /// With a failure below HTTP.
    Fail(FailureKind),
    /// With this status and so many bytes of body.
    Body(u16, usize),
    /// The transport itself panics.
    Panic,
}

/// A request that reached a receiver.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The message's id; empty where the profile does not say it.
    pub(crate) message: String,
    /// When, since the start of the test.
    pub(crate) at: Duration,
    /// What it said.
    pub(crate) body: Bytes,
    /// The deadline it came with.
    pub(crate) timeout: Duration,
    /// Whether the receiver's certificate had to be valid.
    pub(crate) verify_tls: bool,
    /// Where its access token came from.
    pub(crate) token: Option<TokenSource>,
}

/// All receivers of a test.
pub(crate) struct Receivers {
    clock: Arc<TestClock>,
    hosts: Mutex<BTreeMap<String, Receiver>>,
}

#[derive(Default)]
struct Receiver {
    next: VecDeque<Answer>,
    usual: Option<Answer>,
    calls: Vec<Call>,
    in_flight: usize,
    most_in_flight: usize,
}

impl Receivers {
    pub(crate) fn new(clock: Arc<TestClock>) -> Self {
        Self { clock, hosts: Mutex::default() }
    }

    /// How `host` answers unless told otherwise; `200` is what all do that were told nothing.
    pub(crate) fn usually(&self, host: &str, answer: Answer) {
        self.with(host, |receiver| receiver.usual = Some(answer));
    }

    /// How `host` answers the next requests.
    pub(crate) fn next(&self, host: &str, answers: impl IntoIterator<Item = Answer>) {
        self.with(host, |receiver| receiver.next.extend(answers));
    }

    /// All that reached `host` so far.
    pub(crate) fn calls(&self, host: &str) -> Vec<Call> {
        self.with(host, |receiver| receiver.calls.clone())
    }

    /// How many requests reached `host` so far.
    pub(crate) fn count(&self, host: &str) -> usize {
        self.with(host, |receiver| receiver.calls.len())
    }

    /// The ids of the messages that reached `host`, in order.
    pub(crate) fn messages(&self, host: &str) -> Vec<String> {
        self.with(host, |receiver| receiver.calls.iter().map(|call| call.message.clone()).collect())
    }

    /// Requests that `host` has not answered yet.
    pub(crate) fn in_flight(&self, host: &str) -> usize {
        self.with(host, |receiver| receiver.in_flight)
    }

    /// The most requests that `host` ever had at once.
    pub(crate) fn most_in_flight(&self, host: &str) -> usize {
        self.with(host, |receiver| receiver.most_in_flight)
    }

    fn with<R>(&self, host: &str, with: impl FnOnce(&mut Receiver) -> R) -> R {
        with(self.hosts.lock().entry(host.to_owned()).or_default())
    }

    fn take_in(&self, host: &str, call: Call) -> Answer {
        self.with(host, |receiver| {
            receiver.calls.push(call);
            receiver.in_flight += 1;
            receiver.most_in_flight = receiver.most_in_flight.max(receiver.in_flight);
            let next = receiver.next.pop_front();
            next.or_else(|| receiver.usual.clone()).unwrap_or(Answer::Status(200))
        })
    }

    async fn respond(&self, answer: Answer, timeout: Duration) -> Result<Response, Failure> {
        let response = |status| Response { status, retry_after: None, body: Bytes::new() };
        match answer {
            Answer::Status(status) => Ok(response(status)),
            Answer::RetryAfter(status, text) => Ok(Response { retry_after: Some(text), ..response(status) }),
            Answer::Slowly(status, takes) if takes < timeout => {
                self.clock.pass(takes).await;
                Ok(response(status))
            }
            Answer::Slowly(..) | Answer::Hang => {
                self.clock.pass(timeout).await;
                Err(Failure::new(FailureKind::Timeout, "no answer in time"))
            }
            Answer::Fail(kind) => Err(Failure::new(kind, "as the test says")),
            Answer::Body(status, bytes) => {
                Ok(Response { body: Bytes::from(vec![b'x'; bytes]), ..response(status) })
            }
            Answer::Panic => panic!("the transport panics, as the test says"),
        }
    }
}

/// Counts a request as answered also where it is cut off.
struct InFlight<'a>(&'a Receivers, &'a str);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.with(self.1, |receiver| receiver.in_flight -= 1);
    }
}

#[async_trait]
impl Transport for Receivers {
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        let Target::Http(url) = &request.target else { panic!("no inbox in these tests") };
        let host = url.host_str().unwrap();
        let id = request.headers.iter().find(|header| header.name == "webhook-id");
        let call = Call {
            message: id.map(|header| header.value.reveal().to_owned()).unwrap_or_default(),
            at: self.clock.monotonic().0,
            body: request.body.clone(),
            timeout: options.timeout,
            verify_tls: options.verify_tls,
            token: options.token.clone(),
        };
        let answer = self.take_in(host, call);
        let _in_flight = InFlight(self, host);
        // No receiver answers before it was asked: a moment passes.
        self.clock.pass(Duration::from_millis(1)).await;
        Outcome { result: self.respond(answer, options.timeout).await, remote: None }
    }
}
