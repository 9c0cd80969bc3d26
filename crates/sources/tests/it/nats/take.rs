//! What is taken, and what is known when it comes again.

use std::sync::Arc;

use fanfare_sources::{Source as _, nats::Nats};

use super::{Broker, all_numbered, document, numbered};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn documents_arrive_once_in_the_streams_order_and_are_acknowledged() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    for n in 0..300 {
        broker.publish(&document(n), None).await;
    }
    node.feed(broker.source(&node));
    assert_eq!(node.payloads(300).await, all_numbered(300));
    node.until("all is acknowledged", async || broker.open().await == 0).await;
    node.until("nothing waits", async || node.metric("source_waiting") == 0.0).await;
    assert_eq!((node.metric("source_taken_total"), node.metric("source_repeated_total")), (300.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_known_by_the_id_of_its_message_or_of_its_document() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    // Without the stream's own window of duplicates: as if it came again much later.
    let mut config = broker.context.get_stream("ORDERS").await.unwrap().cached_info().config.clone();
    config.duplicate_window = std::time::Duration::from_millis(100);
    broker.context.update_stream(config).await.unwrap();
    node.feed(broker.source(&node));
    let with_id = |n: usize, id: &str| document(n).replacen('{', &format!("{{\"eventId\":\"{id}\","), 1);
    broker.publish(&document(1), Some("m-1")).await;
    broker.publish(&with_id(2, "e-2"), None).await;
    node.messages("shop", 2).await;
    let known = async || {
        broker.publish(&document(7), Some("m-1")).await;
        broker.publish(&with_id(8, "e-2"), None).await;
        node.metric("source_repeated_total") >= 2.0
    };
    node.until("both are known", known).await;
    broker.publish(&document(3), Some("m-3")).await;
    let mut payloads = node.payloads(3).await;
    payloads.sort();
    assert_eq!(payloads, [numbered(1), numbered(2), numbered(3)]);
    assert_eq!(node.metric("source_dead_total"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_made_anew_counts_from_one_and_its_messages_are_new() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    broker.publish(&document(0), None).await;
    node.feed(broker.source(&node));
    node.messages("shop", 1).await;
    node.until("it is acknowledged", async || broker.open().await == 0).await;
    let config = broker.context.get_stream("ORDERS").await.unwrap().cached_info().config.clone();
    broker.context.delete_stream("ORDERS").await.unwrap();
    broker.context.create_stream(config).await.unwrap();
    broker.publish(&document(1), None).await;
    assert_eq!(node.payloads(2).await, all_numbered(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_configuration_is_said() {
    let node = TestNode::start().await;
    let broker = Broker::start().await;
    let told = async |change: fn(&mut super::NatsSettings)| {
        let mut settings = Broker::settings(&broker.server.url());
        change(&mut settings);
        let mut source = Nats::new(settings, Arc::clone(&node.clock));
        source.pull().await.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(told(|_| ()).await, "");
    let missing = told(|settings| settings.stream = "OTHERS".to_owned()).await;
    assert!(missing.starts_with("the stream: stream OTHERS: ") && missing.contains("not found"), "{missing}");
    let unkept = told(|settings| settings.dead_letters = "nowhere".to_owned()).await;
    assert!(
        unkept.contains("no stream keeps the subject of the dead letters, nowhere: make one"),
        "{unkept}"
    );
    let own = told(|settings| settings.dead_letters = "orders.dead".to_owned()).await;
    assert!(own.contains("stream ORDERS keeps the subject of its own dead letters"), "{own}");
    let other = told(|settings| settings.subject = Some("orders.eu".to_owned())).await;
    assert!(other.contains("consumer fanfare of ORDERS is there with other settings"), "{other}");
    let away = told(|settings| {
        settings.access =
            super::NatsAccess::parse(&super::Secret::new("nats://me:s3cret@127.0.0.1:1")).unwrap();
    })
    .await;
    assert!(away.contains("cannot reach NATS") && !away.contains("s3cret"), "{away}");
}
