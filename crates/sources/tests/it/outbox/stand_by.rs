//! Several readers of one outbox.

use std::sync::Arc;

use fanfare_servers::{FaultProxy, Mode};
use fanfare_sources::outbox::Outbox;

use super::{Database, Platform, numbered};
use crate::node::TestNode;

/// Sessions that hold the reader's lock.
const READERS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";

#[tokio::test(flavor = "multi_thread")]
async fn one_reads_while_others_stand_by_and_take_over() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let proxy = FaultProxy::start(platform.postgres.port());
    let through = platform.url.replace(&platform.postgres.port().to_string(), &proxy.port().to_string());
    node.feed(Outbox::new(Arc::new(Database(through)), Arc::clone(&node.clock)));
    node.until("the first reads", async || platform.sql(READERS) == "1").await;
    node.feed(platform.outbox(&node));
    let session = platform.session().await;
    for n in 0..100 {
        session.publish(&numbered(n), Some("k")).await;
    }
    node.messages("shop", 100).await;
    assert_eq!(platform.sql(READERS), "1");
    proxy.set(Mode::Refuse);
    proxy.cut();
    for n in 100..200 {
        session.publish(&numbered(n), Some("k")).await;
    }
    let expected: Vec<_> = (0..200).map(numbered).collect();
    assert_eq!(node.payloads(200).await, expected);
    node.until("nothing waits", async || platform.waiting() == 0).await;
    assert_eq!(node.all("shop").await.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_store_is_away_leaves_the_outbox_to_another() {
    let (mut cut_off, mut healthy) = (TestNode::start().await, TestNode::start().await);
    let platform = Platform::start(&cut_off).await;
    platform.session().await.publish(&numbered(1), None).await;
    cut_off.refuse_messages(true);
    cut_off.feed(platform.outbox(&cut_off));
    cut_off.until("it has the row", async || cut_off.metric("source_failures_total") >= 2.0).await;
    healthy.feed(platform.outbox(&healthy));
    assert_eq!(healthy.payloads(1).await, [numbered(1)]);
    healthy.until("nothing waits", async || platform.waiting() == 0).await;
}
