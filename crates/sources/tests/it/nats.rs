//! NATS JetStream, for real.

mod crash;
mod poison;
mod take;

use std::{sync::Arc, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{self, Context, consumer::PullConsumer, stream},
};
use fanfare_core::secret::Secret;
use fanfare_servers::NatsServer;
use fanfare_sources::nats::{Nats, NatsAccess, NatsSettings};

use crate::node::TestNode;

/// How long the server waits for acknowledgements: no longer than a test likes to wait, and long enough to hold in
/// time on a loaded machine.
const ACK_WAIT: Duration = Duration::from_secs(6);

/// A broker with a stream of orders and one of dead letters.
pub(crate) struct Broker {
    pub(crate) server: NatsServer,
    pub(crate) context: Context,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let server = NatsServer::start();
        let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
        for (name, subject) in [("ORDERS", "orders.>"), ("DEAD", "dead.>")] {
            let config = stream::Config {
                name: name.to_owned(),
                subjects: vec![subject.to_owned()],
                ..stream::Config::default()
            };
            context.create_stream(config).await.unwrap();
        }
        Self { server, context }
    }

    /// What a source of the orders is told, over this URL.
    pub(crate) fn settings(url: &str) -> NatsSettings {
        NatsSettings {
            access: NatsAccess::parse(&Secret::new(url)).unwrap(),
            stream: "ORDERS".to_owned(),
            consumer: "fanfare".to_owned(),
            subject: None,
            dead_letters: "dead.orders".to_owned(),
            ack_wait: ACK_WAIT,
        }
    }

    /// A source of the orders.
    pub(crate) fn source(&self, node: &TestNode) -> Nats {
        Nats::new(Self::settings(&self.server.url()), Arc::clone(&node.clock))
    }

    /// Publishes into the orders; on return it is kept.
    pub(crate) async fn publish(&self, document: &str, id: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(id) = id {
            headers.insert("Nats-Msg-Id", id);
        }
        let sent = self.context.publish_with_headers("orders.new", headers, document.to_owned().into());
        sent.await.unwrap().await.unwrap();
    }

    /// Messages that are delivered and not acknowledged, or wait to be delivered.
    pub(crate) async fn open(&self) -> u64 {
        let stream = self.context.get_stream("ORDERS").await.unwrap();
        let consumer: Result<PullConsumer, _> = stream.get_consumer("fanfare").await;
        let Ok(consumer) = consumer else { return u64::MAX };
        let info = consumer.cached_info();
        info.num_pending + info.num_ack_pending as u64
    }
}

/// A document with a number in its payload.
pub(crate) fn document(n: usize) -> String {
    let payload = numbered(n);
    format!(r#"{{"application":"shop","eventType":"order.paid","orderingKey":"k","payload":{payload}}}"#)
}

pub(crate) fn numbered(n: usize) -> String {
    format!("{{\"n\":{n}}}")
}

pub(crate) fn all_numbered(many: usize) -> Vec<String> {
    (0..many).map(numbered).collect()
}
