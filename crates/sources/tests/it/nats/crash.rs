//! Ends at every step, on either side.

use std::{sync::Arc, time::Duration};

use fanfare_servers::{FaultProxy, Mode};
use fanfare_sources::nats::Nats;

use super::{Broker, all_numbered, document};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_ends_before_it_acknowledges_takes_nothing_twice_and_keeps_the_order() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    let proxy = FaultProxy::start(broker.server.port());
    let through = format!("nats://127.0.0.1:{}", proxy.port());
    for n in 0..20 {
        broker.publish(&document(n), None).await;
    }
    // Delivered to a reader whose store is away, and that ends then.
    node.refuse_messages(true);
    node.feed(Nats::new(Broker::settings(&through), Arc::clone(&node.clock)));
    node.until("they are refused", async || node.metric("source_failures_total") >= 1.0).await;
    node.crash_feeds().await;
    node.refuse_messages(false);
    for n in 20..40 {
        broker.publish(&document(n), None).await;
    }
    // What is new waits for what was delivered before.
    node.feed(Nats::new(Broker::settings(&through), Arc::clone(&node.clock)));
    assert_eq!(node.payloads(40).await, all_numbered(40));
    node.until("all is acknowledged", async || broker.open().await == 0).await;
    // Acknowledged, and the reader does not hear that it was: the connection is lost.
    node.refuse_messages(true);
    let refused = node.metric("source_failures_total");
    broker.publish(&document(40), None).await;
    node.until("it is refused", async || node.metric("source_failures_total") > refused).await;
    proxy.set(Mode::HoldAnswers);
    node.refuse_messages(false);
    node.messages("shop", 41).await;
    proxy.reset();
    proxy.set(Mode::Pass);
    broker.publish(&document(41), None).await;
    assert_eq!(node.payloads(42).await, all_numbered(42));
    node.until("all is acknowledged", async || broker.open().await == 0).await;
    assert_eq!(node.all("shop").await.len(), 42);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_messages_are_held_beyond_the_servers_patience() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    for n in 0..10 {
        broker.publish(&document(n), None).await;
    }
    node.refuse_messages(true);
    node.feed(broker.source(&node));
    let begun = node.clock.monotonic();
    let patience = super::ACK_WAIT + Duration::from_secs(1);
    node.until("the server's patience has passed", async || node.clock.monotonic().since(begun) > patience)
        .await;
    let stream = broker.context.get_stream("ORDERS").await.unwrap();
    let info = stream.consumer_info("fanfare").await.unwrap();
    assert_eq!((info.num_ack_pending, info.num_redelivered), (10, 0), "they are held");
    node.refuse_messages(false);
    assert_eq!(node.payloads(10).await, all_numbered(10));
    node.until("all is acknowledged", async || broker.open().await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_of_readers_and_of_the_server_lose_and_double_nothing() {
    const MANY: usize = 300;
    let mut node = TestNode::start().await;
    let mut broker = Broker::start().await;
    for round in 0..3 {
        for n in round * MANY..(round + 1) * MANY {
            broker.publish(&document(n), None).await;
        }
        node.feed(broker.source(&node));
        node.messages("shop", round * MANY + 1).await;
        match round {
            0 => node.crash_feeds().await,
            1 => {
                broker.server.kill();
                broker.server.start_again();
            }
            _ => {
                broker.server.stop();
                broker.server.start_again();
            }
        }
    }
    assert_eq!(node.payloads(3 * MANY).await, all_numbered(3 * MANY));
    node.until("all is acknowledged", async || broker.open().await == 0).await;
    assert_eq!(node.all("shop").await.len(), 3 * MANY);
    assert_eq!(node.metric("source_dead_total"), 0.0);
}
