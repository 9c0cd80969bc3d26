//! Ends at every step, on either side.

use std::{collections::BTreeMap, sync::Arc};

use fanfare_core::message::Message;
use fanfare_servers::{FaultProxy, Mode};
use fanfare_sources::outbox::Outbox;

use super::{Database, Platform, numbered};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_ends_between_accepting_and_settling_takes_nothing_twice() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let proxy = FaultProxy::start(platform.postgres.port());
    let through = platform.url.replace(&platform.postgres.port().to_string(), &proxy.port().to_string());
    let outbox = |node: &TestNode| Outbox::new(Arc::new(Database(through.clone())), Arc::clone(&node.clock));
    platform.sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock(1); RETURN OLD; END $$",
    );
    platform.sql("CREATE TRIGGER slow BEFORE DELETE ON fanfare.outbox FOR EACH ROW EXECUTE FUNCTION slow()");
    let session = platform.session().await;
    session.run("SELECT pg_advisory_lock(1)").await;
    for n in 0..10 {
        session.publish(&numbered(n), Some("k")).await;
    }
    // In the store, and the delete is under way: the reader ends, and so does its statement.
    node.feed(outbox(&node));
    node.messages("shop", 10).await;
    let deleting =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'WITH taken%' AND state = 'active'";
    node.until("rows are being deleted", async || platform.sql(deleting) == "1").await;
    node.crash_feeds().await;
    platform.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'WITH taken%'");
    assert_eq!(platform.waiting(), 10, "nothing was deleted");
    // The delete happens, and nobody hears of it.
    node.feed(outbox(&node));
    node.until("rows are being deleted", async || platform.sql(deleting) == "1").await;
    proxy.set(Mode::HoldAnswers);
    session.run("SELECT pg_advisory_unlock_all()").await;
    node.until("all is deleted", async || platform.waiting() == 0).await;
    assert_eq!(node.metric("source_repeated_total"), 0.0, "it was not told");
    proxy.cut();
    proxy.set(Mode::Pass);
    for n in 10..20 {
        session.publish(&numbered(n), Some("k")).await;
    }
    let expected: Vec<_> = (0..20).map(numbered).collect();
    assert_eq!(node.payloads(20).await, expected);
    node.until("nothing waits", async || platform.waiting() == 0).await;
    assert_eq!(node.payloads(20).await, expected);
}

/// Publications of each key, and their keys.
const PUBLISHED: usize = 600;
const KEYS: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn ends_of_readers_and_of_the_database_lose_and_double_nothing() {
    let mut node = TestNode::start().await;
    let mut platform = Platform::start(&node).await;
    for round in 0..3 {
        let session = platform.session().await;
        session.run("BEGIN").await;
        for n in round * PUBLISHED..(round + 1) * PUBLISHED {
            session.publish(&numbered(n), Some(&format!("k{}", n % KEYS))).await;
        }
        session.run("COMMIT").await;
        node.feed(platform.outbox(&node));
        node.messages("shop", round * PUBLISHED + 1).await;
        match round {
            0 => node.crash_feeds().await,
            1 => platform.postgres.restart(),
            _ => {
                platform.postgres.kill();
                platform.postgres.start_again();
            }
        }
    }
    let all = node.messages("shop", 3 * PUBLISHED).await;
    node.until("nothing waits", async || platform.waiting() == 0).await;
    assert_eq!(node.all("shop").await.len(), 3 * PUBLISHED);
    check_order(&all);
    assert_eq!(node.metric("source_dead_total"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_rows_wait_and_the_lag_shows() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    node.refuse_messages(true);
    let session = platform.session().await;
    for n in 0..50 {
        session.publish(&numbered(n), Some("k")).await;
    }
    node.feed(platform.outbox(&node));
    node.until("it is noticed", async || node.metric("source_failures_total") >= 2.0).await;
    let before = node.metric("source_lag_seconds");
    node.until("the lag grows", async || node.metric("source_lag_seconds") > before + 0.2).await;
    assert_eq!(
        (platform.waiting(), platform.sql("SELECT count(*) FROM fanfare.outbox_dead")),
        (50, "0".to_owned())
    );
    node.refuse_messages(false);
    let expected: Vec<_> = (0..50).map(numbered).collect();
    assert_eq!(node.payloads(50).await, expected);
}

/// Each key's numbers come in the order in which they were published, each once.
fn check_order(all: &[Message]) {
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for message in all {
        let key = message.ordering_key.as_ref().unwrap().to_string();
        let payload = String::from_utf8(message.payload.bytes().unwrap().to_vec()).unwrap();
        let number: usize = payload[5..payload.len() - 1].parse().unwrap();
        let before = last.insert(key.clone(), number);
        assert_eq!(before.map_or(number % KEYS, |before| before + KEYS), number, "key {key}");
    }
}
