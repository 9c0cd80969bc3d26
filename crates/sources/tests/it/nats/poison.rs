//! Messages that can never be accepted.

use futures::StreamExt as _;

use super::{Broker, document, numbered};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn poison_goes_to_the_dead_letters_as_it_came_with_the_reason_in_headers() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    let foreign = document(1).replace("shop", "nobody");
    broker.publish("no json", Some("m-1")).await;
    broker.publish(&foreign, None).await;
    broker.publish(&document(2), None).await;
    node.feed(broker.source(&node));
    assert_eq!(node.payloads(1).await, [numbered(2)]);
    node.until("all is settled", async || broker.open().await == 0).await;
    let dead = broker.context.get_stream("DEAD").await.unwrap();
    assert_eq!(dead.cached_info().state.messages, 2);
    let consumer =
        dead.create_consumer(async_nats::jetstream::consumer::pull::Config::default()).await.unwrap();
    let mut letters = consumer.fetch().max_messages(2).messages().await.unwrap();
    let (first, second) = (letters.next().await.unwrap().unwrap(), letters.next().await.unwrap().unwrap());
    let header = |message: &async_nats::jetstream::Message, name: &str| {
        message.headers.as_ref().unwrap().get(name).map(|value| value.as_str().to_owned())
    };
    assert_eq!((first.subject.as_str(), &first.payload[..]), ("dead.orders", &b"no json"[..]));
    assert_eq!(header(&first, "Fanfare-Reason").unwrap(), "it is no JSON object");
    assert_eq!(header(&first, "Fanfare-Message-Id").unwrap(), "m-1");
    assert_eq!(header(&first, "Fanfare-Subject").unwrap(), "orders.new");
    assert_eq!(header(&second, "Fanfare-Reason").unwrap(), "the application does not exist");
    assert_eq!(header(&second, "Fanfare-Sequence").unwrap(), "2");
    assert_eq!(second.payload, foreign);
    assert_eq!(node.metric("source_dead_total"), 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_poison_is_ended_before_its_dead_letter_is_kept() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    node.feed(broker.source(&node));
    broker.publish(&document(0), None).await;
    node.messages("shop", 1).await;
    broker.context.delete_stream("DEAD").await.unwrap();
    broker.publish("poison", None).await;
    node.until("it cannot be settled", async || node.metric("source_failures_total") >= 1.0).await;
    assert!(broker.open().await > 0, "it is still there");
    let config = async_nats::jetstream::stream::Config {
        name: "DEAD".to_owned(),
        subjects: vec!["dead.>".to_owned()],
        ..Default::default()
    };
    broker.context.create_stream(config).await.unwrap();
    node.until("it is settled", async || broker.open().await == 0).await;
    let dead = broker.context.get_stream("DEAD").await.unwrap();
    assert_eq!(dead.cached_info().state.messages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_would_make_the_dead_letters_refuse_it_stay_behind() {
    let mut node = TestNode::start().await;
    let broker = Broker::start().await;
    let long = "x".repeat(65_000);
    let headers =
        [("Nats-Expected-Stream", "ORDERS"), ("nats-expected-last-sequence", "0"), ("Trace", "t-1")];
    for given in [&headers[..], &[("Long", long.as_str())]] {
        let mut headers = async_nats::HeaderMap::new();
        given.iter().for_each(|(name, value)| headers.insert(*name, *value));
        let sent = broker.context.publish_with_headers("orders.new", headers, "poison".into()).await;
        sent.unwrap().await.unwrap();
    }
    node.feed(broker.source(&node));
    node.until("both are settled", async || broker.open().await == 0).await;
    let dead = broker.context.get_stream("DEAD").await.unwrap();
    let (first, second) = (dead.get_raw_message(1).await.unwrap(), dead.get_raw_message(2).await.unwrap());
    assert_eq!(first.headers.get("Trace").unwrap().as_str(), "t-1");
    assert!(first.headers.get("Nats-Expected-Stream").is_none());
    assert_eq!((&first.payload[..], &second.payload[..]), (&b"poison"[..], &b"poison"[..]));
    assert!(second.headers.get("Long").is_none());
    assert_eq!(second.headers.get("Fanfare-Headers").unwrap().as_str(), "left out: too large");
}
