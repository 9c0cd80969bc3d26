//! Clients that post as fast as they can through every fault, and the ledger of what must have arrived then.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    SOON,
    client::Client,
    receiver::{Received, pause, within},
};

const POSTERS: usize = 8;
/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an outcome may take from the receiver's answer to the disk.
pub(crate) const RECORDED_WITHIN: Duration = Duration::from_secs(2);

/// Several clients that post as fast as they can, through every crash.
pub(crate) struct Posting {
    acknowledged: Arc<Mutex<BTreeMap<u64, String>>>,
    count: watch::Receiver<usize>,
    stop: CancellationToken,
    posters: JoinSet<()>,
}

impl Posting {
    /// Each client begins with one of these servers and goes to the next where it gets no answer.
    pub(crate) fn start(servers: &[SocketAddr], key: &str) -> Self {
        let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
        let (counter, count) = watch::channel(0);
        let counter = Arc::new(counter);
        let stop = CancellationToken::new();
        let mut posters = JoinSet::new();
        for number in 0..POSTERS {
            let poster = Poster {
                servers: servers.to_vec(),
                at: number,
                key: key.to_owned(),
                next: number as u64,
                acknowledged: Arc::clone(&acknowledged),
                counter: Arc::clone(&counter),
            };
            posters.spawn(poster.run(stop.clone()));
        }
        Self { acknowledged, count, stop, posters }
    }

    pub(crate) async fn wait_for(&self, acknowledged: usize) {
        let mut count = self.count.clone();
        let reached = within(SOON, count.wait_for(|count| *count >= acknowledged)).await;
        assert!(reached.is_some(), "only {} acknowledged", *self.count.borrow());
    }

    /// How many were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        *self.count.borrow()
    }

    /// The ids of all acknowledged messages by the number in their payload.
    pub(crate) async fn finish(mut self) -> BTreeMap<u64, String> {
        self.stop.cancel();
        while let Some(poster) = self.posters.join_next().await {
            poster.unwrap();
        }
        std::mem::take(&mut *self.acknowledged.lock())
    }
}

struct Poster {
    servers: Vec<SocketAddr>,
    /// Which of them it posts to.
    at: usize,
    key: String,
    next: u64,
    acknowledged: Arc<Mutex<BTreeMap<u64, String>>>,
    counter: Arc<watch::Sender<usize>>,
}

impl Poster {
    /// No number is posted twice: what was not acknowledged is left open.
    async fn run(mut self, stop: CancellationToken) {
        let mut client = self.client();
        while !stop.is_cancelled() {
            let number = self.next;
            self.next += POSTERS as u64;
            let request = self.request(number);
            match within(PATIENCE, client.send(request)).await {
                Some(Ok(reply)) if reply.status == StatusCode::ACCEPTED => {
                    let body: Value = serde_json::from_slice(&reply.body).unwrap();
                    self.acknowledged.lock().insert(number, body["id"].as_str().unwrap().to_owned());
                    self.counter.send_modify(|count| *count += 1);
                }
                Some(Ok(reply)) => {
                    // 502 is a balancer's, whose node has died.
                    let known = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY];
                    assert!(known.contains(&reply.status), "{reply:?}");
                    pause(Duration::from_millis(5)).await;
                }
                // The server is down, or frozen: the next one, until it listens again.
                Some(Err(_)) | None => {
                    self.at += 1;
                    client = self.client();
                    pause(Duration::from_millis(5)).await;
                }
            }
        }
    }

    fn client(&self) -> Client {
        Client::new(self.servers[self.at % self.servers.len()])
    }

    fn request(&self, number: u64) -> Request<Full<Bytes>> {
        let body = json!({"eventType": "test.posted", "payload": {"number": number}}).to_string();
        Request::post("/api/v1/app/platform/msg")
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap()
    }
}

pub(crate) fn has_all(all: &[Received], expected: &BTreeSet<String>) -> bool {
    all.len() >= expected.len() && missing(all, expected) == 0
}

pub(crate) fn missing(all: &[Received], expected: &BTreeSet<String>) -> usize {
    let arrived: BTreeSet<_> = all.iter().map(|webhook| &webhook.id).collect();
    expected.iter().filter(|id| !arrived.contains(id)).count()
}

/// Each number arrived under one id only, and under the acknowledged one if it was acknowledged.
pub(crate) fn check_ids(all: &[Received], acknowledged: &BTreeMap<u64, String>) {
    let mut ids: BTreeMap<u64, &str> = BTreeMap::new();
    for webhook in all {
        let body: Value = serde_json::from_slice(&webhook.body).unwrap();
        let number = body["number"].as_u64().unwrap();
        assert_eq!(*ids.entry(number).or_insert(&webhook.id), webhook.id, "number {number} has two ids");
    }
    for (number, id) in acknowledged {
        assert_eq!(ids.get(number), Some(&id.as_str()), "number {number}");
    }
}

/// What came again had come for the first time just before a kill, and comes again after it: its outcome was
/// not on disk yet.
pub(crate) fn check_duplicates(all: &[Received], kills: &[u64]) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for webhook in all {
        let Some(before) = last.insert(&webhook.id, webhook.at) else { continue };
        let under_way = |kill: &u64| {
            before <= *kill && *kill <= webhook.at && kill - before <= RECORDED_WITHIN.as_nanos() as u64
        };
        assert!(kills.iter().any(under_way), "{} came twice, but was not in flight at a kill", webhook.id);
    }
}
