//! The network of the simulation: receivers with moods behind a Transport, and a book of what reached them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    ports::{Clock as _, Failure, FailureKind, Outcome, Response, SendOptions, Transport},
    render::{Request, Target},
    time::Timestamp,
};
use parking_lot::Mutex;

use crate::{
    clock::{Frost, NodeClock, World},
    entropy::Dice,
    plan::{EndpointPlan, Mood},
    trace::Trace,
};

/// All receivers, by the host of their URL.
pub(crate) struct Network {
    world: World,
    trace: Arc<Trace>,
    dice: Dice,
    receivers: BTreeMap<String, Vec<(Duration, Mood)>>,
    sent: Mutex<Vec<Sent>>,
    book: Mutex<Vec<Receipt>>,
}

/// A request that a node sent, whatever came of it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) node: usize,
    pub(crate) host: String,
    pub(crate) message: String,
    pub(crate) at: Duration,
    /// The same by the node's own clock.
    pub(crate) wall: Timestamp,
    /// When the node had the outcome; none where it never did.
    pub(crate) ended: Option<Duration>,
}

/// A request that a receiver took in.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) node: usize,
    pub(crate) host: String,
    pub(crate) message: String,
    pub(crate) at: Duration,
    /// Whether the receiver meant it as a success.
    pub(crate) success: bool,
    /// Whether the sender got to see the answer.
    pub(crate) answered: bool,
}

/// The host of an endpoint's receiver.
pub(crate) fn host(application: usize, endpoint: usize) -> String {
    format!("receiver-{endpoint}.application-{application}.test")
}

impl Network {
    pub(crate) fn new(world: World, trace: Arc<Trace>, dice: Dice) -> Self {
        let receivers = BTreeMap::new();
        Self { world, trace, dice, receivers, sent: Mutex::default(), book: Mutex::default() }
    }

    pub(crate) fn add(&mut self, host: String, plan: &EndpointPlan) {
        self.receivers.insert(host, plan.moods.clone());
    }

    /// Everything that was sent so far, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().clone()
    }

    /// Everything that was taken in so far, in order.
    pub(crate) fn book(&self) -> Vec<Receipt> {
        self.book.lock().clone()
    }

    fn mood(&self, host: &str) -> Mood {
        let age = self.world.age();
        let moods = self.receivers.get(host).map(Vec::as_slice).unwrap_or_default();
        moods.iter().rev().find(|(from, _)| *from <= age).map_or(Mood::Well, |(_, mood)| *mood)
    }

    fn take_in(&self, node: usize, host: &str, message: &str, success: bool) -> usize {
        let mut book = self.book.lock();
        let at = self.world.age();
        book.push(Receipt {
            node,
            host: host.to_owned(),
            message: message.to_owned(),
            at,
            success,
            answered: false,
        });
        book.len() - 1
    }

    async fn answer(
        &self,
        (node, host, message): (usize, &str, &str),
        status: u16,
        retry_after: Option<String>,
    ) -> Outcome {
        self.world.sleep(self.dice.duration(Duration::from_millis(20))).await;
        let entry = self.take_in(node, host, message, status == 200);
        self.world.sleep(self.dice.duration(Duration::from_millis(20))).await;
        self.book.lock()[entry].answered = true;
        outcome(Ok(Response { status, retry_after, body: Bytes::new() }))
    }

    async fn respond(&self, node: usize, host: &str, message: &str, timeout: Duration) -> Outcome {
        let request = (node, host, message);
        match self.mood(host) {
            Mood::Well => self.answer(request, 200, None).await,
            Mood::Failing => self.answer(request, 500, None).await,
            Mood::Throttling(seconds) => self.answer(request, 429, Some(seconds.to_string())).await,
            Mood::Hanging => {
                self.world.sleep(timeout).await;
                outcome(Err(Failure::new(FailureKind::Timeout, "no answer in time")))
            }
            Mood::Forgetful => {
                self.world.sleep(self.dice.duration(Duration::from_millis(20))).await;
                self.take_in(node, host, message, true);
                outcome(Err(Failure::new(FailureKind::Broken, "the connection broke")))
            }
            Mood::Away => outcome(Err(Failure::new(FailureKind::Connect, "no connection"))),
        }
    }
}

/// The way from one node into the network.
pub(crate) struct Line {
    pub(crate) network: Arc<Network>,
    pub(crate) node: usize,
    pub(crate) clock: NodeClock,
    pub(crate) frost: Arc<Frost>,
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        let Target::Http(url) = &request.target else {
            return outcome(Err(Failure::new(FailureKind::Request, "no inbox here")));
        };
        let host = url.host_str().unwrap_or_default();
        let id = request.headers.iter().find(|header| header.name == "webhook-id");
        let message = id.map(|header| header.value.reveal().to_owned()).unwrap_or_default();
        let (network, node) = (&self.network, self.node);
        let at = network.world.age();
        let (wall, ended) = (self.clock.now(), None);
        let sent = Sent { node, host: host.to_owned(), message: message.clone(), at, wall, ended };
        let number = {
            let mut all = network.sent.lock();
            all.push(sent);
            all.len() - 1
        };
        network.trace.note(at, format_args!("node {node} sends {message} to {host}"));
        let outcome = network.respond(node, host, &message, options.timeout).await;
        self.frost.over().await;
        network.sent.lock()[number].ended = Some(network.world.age());
        let came =
            outcome.result.as_ref().map_or_else(|f| f.kind.as_str().to_owned(), |r| r.status.to_string());
        network.trace.note(network.world.age(), format_args!("got {came} for {message} from {host}"));
        outcome
    }
}

fn outcome(result: Result<Response, Failure>) -> Outcome {
    Outcome { result, remote: None }
}
