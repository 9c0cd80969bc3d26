//! The loop itself, over a source that a test scripts.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::time::Timestamp;
use fanfare_engine::accept::Draft;
use fanfare_sources::{Content, Event, Fate, Lag, Source, SourceError};
use parking_lot::Mutex;

use crate::node::TestNode;

/// What a scripted source has and what became of it. The first of what waits is handed over until it is settled.
#[derive(Default)]
struct Script {
    waiting: VecDeque<(u64, String, String)>,
    settled: Vec<(u64, Fate)>,
    failures: Vec<&'static str>,
    resets: usize,
    /// Only the node that leads may ask it.
    of_the_lead: bool,
    holds: usize,
}

#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    fn add(&self, number: u64, application: &str, payload: &str) {
        self.0.lock().waiting.push_back((number, application.to_owned(), payload.to_owned()));
    }

    fn fail(&self, what: &'static str) {
        self.0.lock().failures.push(what);
    }

    /// Whether this failure was asked for, once.
    fn fails(&self, what: &str) -> Result<(), SourceError> {
        let mut script = self.0.lock();
        match script.failures.iter().position(|failure| *failure == what) {
            Some(at) => Err(SourceError(script.failures.remove(at).to_owned())),
            None => Ok(()),
        }
    }

    fn settled(&self) -> Vec<(u64, Fate)> {
        self.0.lock().settled.clone()
    }
}

#[async_trait]
impl Source for Scripted {
    type Handle = u64;

    async fn pull(&mut self) -> Result<Vec<Event<u64>>, SourceError> {
        self.fails("pull")?;
        let event = |(number, application, payload): &(u64, String, String)| Event {
            handle: *number,
            key: [u8::try_from(*number).unwrap(); 32],
            content: Ok(Content { application: application.clone(), draft: draft(payload) }),
        };
        Ok(self.0.lock().waiting.iter().map(event).collect())
    }

    async fn settle(&mut self, settled: Vec<(u64, Fate)>) -> Result<(), SourceError> {
        self.fails("before settling")?;
        {
            let mut script = self.0.lock();
            script.waiting.drain(..settled.len());
            script.settled.extend(settled);
        }
        self.fails("after settling")
    }

    fn lag(&self) -> Lag {
        Lag { events: Some(self.0.lock().waiting.len() as u64), ..Lag::default() }
    }

    fn needs_the_lead(&self) -> bool {
        self.0.lock().of_the_lead
    }

    fn hold_every(&self) -> Option<Duration> {
        self.needs_the_lead().then_some(Duration::from_millis(50))
    }

    async fn hold(&mut self, _: &[&u64]) -> Result<(), SourceError> {
        self.0.lock().holds += 1;
        Ok(())
    }

    fn reset(&mut self) {
        self.0.lock().resets += 1;
    }
}

fn draft(payload: &str) -> Draft {
    Draft {
        event_type: "order.paid".parse().unwrap(),
        event_id: None,
        channels: None,
        tags: None,
        payload: payload.to_owned().into(),
        payload_retention_days: None,
        deliver_at: None,
        delay_seconds: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_accepted_dies_with_its_reason_and_the_rest_goes_on() {
    let mut node = TestNode::start().await;
    let source = Scripted::default();
    source.add(1, "shop", "{\"n\":1}");
    source.add(2, "nobody", "{\"n\":2}");
    source.add(3, "shop", "[3]");
    source.add(4, "no name", "{}");
    source.add(5, "shop", "{\"n\":5}");
    node.feed(source.clone());
    assert_eq!(node.payloads(2).await, ["{\"n\":1}", "{\"n\":5}"]);
    node.until("all is settled", async || source.settled().len() == 5).await;
    let dead = |reason: &str| Fate::Dead(reason.to_owned());
    let name =
        "the application cannot be called so: may hold only letters, digits, `-`, `_` and `.`, not ' '";
    let expected = [
        (1, Fate::Accepted),
        (2, dead("the application does not exist")),
        (3, dead("payload must be a JSON object")),
        (4, dead(name)),
        (5, Fate::Accepted),
    ];
    assert_eq!(source.settled(), expected);
    assert_eq!((node.metric("source_taken_total"), node.metric("source_dead_total")), (2.0, 3.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_refuses_waits_in_its_order_and_nothing_dies() {
    let mut node = TestNode::start().await;
    node.refuse_messages(true);
    let source = Scripted::default();
    (1..=3).for_each(|n| source.add(n, "shop", &format!("{{\"n\":{n}}}")));
    node.feed(source.clone());
    node.until("the refusal is noticed", async || node.metric("source_failures_total") >= 2.0).await;
    assert_eq!((source.settled(), node.all("shop").await.len()), (Vec::new(), 0));
    source.add(4, "shop", "{\"n\":4}");
    node.refuse_messages(false);
    assert_eq!(node.payloads(4).await, ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}"]);
    node.until("all is settled", async || source.settled().len() == 4).await;
    assert!(source.settled().iter().all(|(_, fate)| *fate == Fate::Accepted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_at_any_step_is_asked_again_and_nothing_is_taken_twice() {
    let mut node = TestNode::start().await;
    let source = Scripted::default();
    (1..=3).for_each(|n| source.add(n, "shop", &format!("{{\"n\":{n}}}")));
    for failure in ["pull", "before settling", "before settling", "after settling"] {
        source.fail(failure);
    }
    node.feed(source.clone());
    node.until("all failures happened", async || source.0.lock().failures.is_empty()).await;
    source.fail("before settling");
    source.add(9, "shop", "{\"n\":9}");
    assert_eq!(node.payloads(4).await, ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":9}"]);
    node.until("all is settled", async || source.settled().len() == 4).await;
    assert_eq!(source.0.lock().resets, 5);
    node.until("it is counted", async || node.metric("source_repeated_total") == 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_order_leaves_nothing_half_done() {
    let mut node = TestNode::start().await;
    let source = Scripted::default();
    source.add(1, "shop", "{}");
    node.feed(source.clone());
    node.messages("shop", 1).await;
    node.stop_feeds().await;
    assert_eq!(source.settled(), [(1, Fate::Accepted)]);
    source.add(2, "shop", "{}");
    assert!(node.all("shop").await.iter().all(|message| message.created_at > Timestamp::EPOCH));
    assert_eq!(node.all("shop").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_the_lead_lets_go_of_what_it_could_not_store() {
    let mut node = TestNode::start().await;
    node.refuse_messages(true);
    let source = Scripted::default();
    source.0.lock().of_the_lead = true;
    source.add(1, "shop", "{}");
    node.feed(source.clone());
    node.until("it is held", async || source.0.lock().holds >= 2).await;
    assert_eq!(source.0.lock().resets, 0);
    node.freeze().await;
    node.until("it is let go of", async || source.0.lock().resets >= 2).await;
    let holds = source.0.lock().holds;
    node.until("it stands by", async || source.0.lock().resets >= 10).await;
    assert_eq!(source.0.lock().holds, holds);
    assert_eq!(source.settled(), []);
    assert_eq!(node.metric("source_lag_seconds"), 0.0, "it is another node's turn");
}
