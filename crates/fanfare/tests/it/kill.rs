//! The process is killed three times while messages are posted at full speed: nothing that was acknowledged is
//! lost, and only what was under way at a kill may come twice, under the same id.

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
    receiver::{Received, Receiver, Recorder, Script, monotonic_nanos, pause, within},
    server::TestServer,
};

const KILLS: usize = 3;
const POSTERS: usize = 8;
/// Messages acknowledged between two kills.
const BETWEEN_KILLS: usize = 1_500;
/// How long an outcome may take from the receiver's answer to the disk.
const RECORDED_WITHIN: Duration = Duration::from_secs(2);
/// How long the deliveries of everything acknowledged may take after the last kill.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let mut server = TestServer::start().await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    server.api().create_application("platform").await;
    let (_, secret) = server.api().create_endpoint("platform", &receiver, json!({})).await;
    assert!(recorder.use_secret(&secret));

    let posting = Posting::start(server.address(), server.key());
    let mut kills = Vec::new();
    for round in 1..=KILLS {
        posting.wait_for(round * BETWEEN_KILLS).await;
        server.kill();
        kills.push(monotonic_nanos());
        server.launch().await;
    }
    posting.wait_for((KILLS + 1) * BETWEEN_KILLS).await;
    let acknowledged = posting.finish().await;

    let expected: BTreeSet<_> = acknowledged.values().cloned().collect();
    assert_eq!(expected.len(), acknowledged.len(), "every message has an id of its own");
    let arrived = recorder.wait_until(DRAINED_WITHIN, |all| has_all(all, &expected)).await;
    assert!(arrived.is_some(), "{} of {} are missing", missing(&recorder.all(), &expected), expected.len());
    let status = server.stop().await;
    assert!(status.success(), "{status}");

    let all = recorder.all();
    check_ids(&all, &acknowledged);
    check_duplicates(&all, &kills);
    assert!(all.iter().all(|webhook| webhook.verdict == Some(Ok(()))), "every webhook is signed rightly");
}

/// Several clients that post as fast as they can, through every crash.
struct Posting {
    acknowledged: Arc<Mutex<BTreeMap<u64, String>>>,
    count: watch::Receiver<usize>,
    stop: CancellationToken,
    posters: JoinSet<()>,
}

impl Posting {
    fn start(server: SocketAddr, key: &str) -> Self {
        let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
        let (counter, count) = watch::channel(0);
        let counter = Arc::new(counter);
        let stop = CancellationToken::new();
        let mut posters = JoinSet::new();
        for number in 0..POSTERS {
            let poster = Poster {
                client: Client::new(server),
                key: key.to_owned(),
                next: number as u64,
                acknowledged: Arc::clone(&acknowledged),
                counter: Arc::clone(&counter),
            };
            posters.spawn(poster.run(stop.clone()));
        }
        Self { acknowledged, count, stop, posters }
    }

    async fn wait_for(&self, acknowledged: usize) {
        let mut count = self.count.clone();
        let reached = within(SOON, count.wait_for(|count| *count >= acknowledged)).await;
        assert!(reached.is_some(), "only {} acknowledged", *self.count.borrow());
    }

    /// The ids of all acknowledged messages by the number in their payload.
    async fn finish(mut self) -> BTreeMap<u64, String> {
        self.stop.cancel();
        while let Some(poster) = self.posters.join_next().await {
            poster.unwrap();
        }
        std::mem::take(&mut *self.acknowledged.lock())
    }
}

struct Poster {
    client: Client,
    key: String,
    next: u64,
    acknowledged: Arc<Mutex<BTreeMap<u64, String>>>,
    counter: Arc<watch::Sender<usize>>,
}

impl Poster {
    /// No number is posted twice: what was not acknowledged is left open.
    async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let number = self.next;
            self.next += POSTERS as u64;
            let request = self.request(number);
            match within(SOON, self.client.send(request))
                .await
                .expect("an answer or the end of the connection")
            {
                Ok(reply) if reply.status == StatusCode::ACCEPTED => {
                    let body: Value = serde_json::from_slice(&reply.body).unwrap();
                    self.acknowledged.lock().insert(number, body["id"].as_str().unwrap().to_owned());
                    self.counter.send_modify(|count| *count += 1);
                }
                Ok(reply) => assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", reply.body),
                // The server is down: until it listens again.
                Err(_) => pause(Duration::from_millis(5)).await,
            }
        }
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

fn has_all(all: &[Received], expected: &BTreeSet<String>) -> bool {
    all.len() >= expected.len() && missing(all, expected) == 0
}

fn missing(all: &[Received], expected: &BTreeSet<String>) -> usize {
    let arrived: BTreeSet<_> = all.iter().map(|webhook| &webhook.id).collect();
    expected.iter().filter(|id| !arrived.contains(id)).count()
}

/// Each number arrived under one id only, and under the acknowledged one if it was acknowledged.
fn check_ids(all: &[Received], acknowledged: &BTreeMap<u64, String>) {
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
fn check_duplicates(all: &[Received], kills: &[u64]) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for webhook in all {
        let Some(before) = last.insert(&webhook.id, webhook.at) else { continue };
        let under_way = |kill: &u64| {
            before <= *kill && *kill <= webhook.at && kill - before <= RECORDED_WITHIN.as_nanos() as u64
        };
        assert!(kills.iter().any(under_way), "{} came twice, but was not in flight at a kill", webhook.id);
    }
}
