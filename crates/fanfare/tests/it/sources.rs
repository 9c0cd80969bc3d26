//! Events from a platform's database and from its broker, while the server is killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use async_nats::jetstream::{self, Context, stream};
use fanfare_servers::{NatsServer, Postgres};
use serde_json::{Value, json};

use crate::{
    binary,
    receiver::{Received, Receiver, Recorder, Script},
    server::TestServer,
};

/// How many times the process is killed, and how many events of each source come in between.
const KILLS: usize = 3;
const BETWEEN_KILLS: usize = 400;
/// How long the deliveries of everything may take after the last kill.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_outbox_and_stream_are_taken_once_though_the_process_is_killed() {
    let (postgres, nats) = (Postgres::start(), NatsServer::start());
    let url = postgres.create_database();
    let database = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let stream = orders(&nats).await;
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("sources.toml");
    fs::write(&config, "").unwrap();
    let mut server =
        TestServer::start_with(&["--allow-network", "127.0.0.0/8", "--config", config.to_str().unwrap()])
            .await;
    let installed = binary::run(directory.path(), &["outbox", "install", "--database-url", &url]);
    assert_eq!(installed.code, Some(0), "{installed:?}");
    assert!(installed.stdout.starts_with("The outbox is installed, version 1"), "{installed:?}");
    configure(&config, &url, &nats.url());

    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    server.api().create_application("platform").await;
    let (_, secret) = server.api().create_endpoint("platform", &receiver, json!({})).await;
    assert!(recorder.use_secret(&secret));
    let mut expected = BTreeSet::new();
    for round in 0..=KILLS {
        server.kill();
        server.launch().await;
        let numbers = round * BETWEEN_KILLS..(round + 1) * BETWEEN_KILLS;
        let (first, last) = (numbers.start, numbers.end - 1);
        postgres.sql(
            &database,
            &format!(
                "SELECT fanfare.publish('platform', 'test.posted', format('{{\"number\":%s}}', n),
                     ordering_key => (n % 5)::text) FROM generate_series({first}, {last}) AS n"
            ),
        );
        for number in numbers.clone().map(|number| number + 1_000_000) {
            let payload = json!({"number": number});
            let event = json!({"application": "platform", "eventType": "test.posted", "payload": payload});
            stream.publish("orders.new", event.to_string().into()).await.unwrap().await.unwrap();
            expected.insert(number as u64);
        }
        expected.extend(numbers.map(|number| number as u64));
        let some = expected.len() - BETWEEN_KILLS / 2;
        let arrived = recorder.wait_until(DRAINED_WITHIN, |all| ids_of(all).len() >= some).await;
        assert!(arrived.is_some(), "{} arrived", ids_of(&recorder.all()).len());
    }
    let arrived = recorder.wait_until(DRAINED_WITHIN, |all| ids_of(all).len() >= expected.len()).await;
    let ids = ids_of(&recorder.all());
    assert!(arrived.is_some(), "{} of {} arrived", ids.len(), expected.len());
    assert_eq!(ids.keys().copied().collect::<BTreeSet<_>>(), expected);
    assert!(ids.values().all(|ids| ids.len() == 1), "no event is in the store twice");

    let status = binary::run(directory.path(), &["outbox", "status", "--database-url", &url]);
    assert!(status.stdout.contains("Nothing waits.\nDead letters: 0.\n"), "{status:?}");
    let metrics = server.get("/metrics").await;
    assert!(metrics.contains("fanfare_source_lag_seconds{source=\"shop\"}"), "{metrics}");
    assert!(metrics.contains("fanfare_source_waiting{source=\"orders\"} 0"), "{metrics}");
    let ended = server.stop().await;
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_for_no_environment_is_one_clear_line() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("sources.toml");
    fs::write(&config, "").unwrap();
    let mut server = TestServer::start_with(&["--config", config.to_str().unwrap()]).await;
    assert!(server.stop().await.success());
    let url = "postgres://me:s3cret@127.0.0.1:1/shop";
    let source = |environment: &str| {
        let text =
            format!("[[sources.outbox]]\nname = \"shop\"\nenvironment = \"{environment}\"\nurl = \"{url}\"");
        fs::write(&config, text).unwrap();
    };
    source("nowhere");
    let refused = server.run(&["serve", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1));
    let line = "fanfare: source shop is for environment nowhere, which does not exist: make it with `fanfare env create nowhere`\n";
    assert!(refused.stderr.ends_with(line), "{refused:?}");
    // One that nobody answers is no reason not to serve.
    source("test");
    server.launch().await;
    assert!(server.get("/metrics").await.contains("fanfare_source"));
    assert!(server.stop().await.success());
    assert!(!server.log().contains("s3cret"), "{}", server.log());
    assert!(server.log().contains("a source stands still"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_a_source_prevents_makes_no_key_that_nobody_sees() {
    let directory = tempfile::tempdir().unwrap();
    let (config, data) = (directory.path().join("sources.toml"), directory.path().join("data"));
    let config = config.to_str().unwrap();
    let source = |environment: &str| {
        let url = "postgres://me:s3cret@127.0.0.1:1/shop";
        let text =
            format!("[[sources.outbox]]\nname = \"shop\"\nenvironment = \"{environment}\"\nurl = \"{url}\"");
        fs::write(config, text).unwrap();
    };
    source("nowhere");
    let words = ["serve", "--listen", "127.0.0.1:0", "--config", config, "--data", data.to_str().unwrap()];
    let refused = binary::run(directory.path(), &words);
    assert!(refused.code == Some(1) && refused.stderr.contains("which does not exist"), "{refused:?}");
    source("default");
    let server = TestServer::start_in(data, &["--config", config]).await;
    assert!(server.log().contains("Authorization: Bearer "), "{}", server.log());
}

fn configure(file: &Path, outbox: &str, nats: &str) {
    let text = format!(
        r#"
        [[sources.outbox]]
        name = "shop"
        environment = "test"
        url = "{outbox}"

        [[sources.nats]]
        name = "orders"
        environment = "test"
        url = "{nats}"
        stream = "ORDERS"
        dead-letters = "dead.orders"
        ack-wait = 2
        "#
    );
    fs::write(file, text).unwrap();
}

async fn orders(nats: &NatsServer) -> Context {
    let context = jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    for (name, subject) in [("ORDERS", "orders.>"), ("DEAD", "dead.>")] {
        let (name, subjects) = (name.to_owned(), vec![subject.to_owned()]);
        context.create_stream(stream::Config { name, subjects, ..Default::default() }).await.unwrap();
    }
    context
}

/// The message ids under which each number arrived.
fn ids_of(all: &[Received]) -> BTreeMap<u64, BTreeSet<String>> {
    let mut ids: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for webhook in all {
        let body: Value = serde_json::from_slice(&webhook.body).unwrap();
        ids.entry(body["number"].as_u64().unwrap()).or_default().insert(webhook.id.clone());
    }
    ids
}
