//! Healthy nodes beside one another: what one changes holds on the other, and limits of an endpoint hold over both.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use super::Cluster;
use crate::{
    SOON,
    receiver::{Receiver, Recorder, Script, pause},
};

fn event(number: usize) -> serde_json::Value {
    json!({"eventType": "test.posted", "payload": {"number": number}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_endpoint_gets_the_next_message_of_any_node() {
    let cluster = Cluster::of(2).await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    cluster.api(0).create_application("platform").await;
    // The other node has the application in memory, as it was.
    cluster.api(1).post("/app/platform/msg", event(0)).await.expect(202);
    for number in 1..=5 {
        let path = format!("/endpoints-{number}");
        let url = receiver.url(&path);
        cluster.api(0).post("/app/platform/endpoint", json!({"url": url})).await.expect(201);
        cluster.api(1).post("/app/platform/msg", event(number)).await.expect(202);
    }
    // The n-th message goes to n endpoints.
    let arrived = recorder.wait_until(SOON, |all| all.len() >= 15).await;
    assert!(arrived.is_some(), "only {} of 15 arrived", recorder.all().len());
    pause(Duration::from_millis(200)).await;
    assert_eq!(recorder.all().len(), 15);
    cluster.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_and_rate_hold_over_all_nodes() {
    const EVENTS: usize = 40;
    const RATE: usize = 10;
    let cluster = Cluster::of(2).await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    cluster.api(0).create_application("platform").await;
    for (path, extra) in [("ordered", json!({"ordered": true})), ("limited", json!({"rateLimit": RATE}))] {
        let mut endpoint = json!({"url": receiver.url(&format!("/{path}"))});
        endpoint.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        cluster.api(0).post("/app/platform/endpoint", endpoint).await.expect(201);
    }
    for number in 0..EVENTS {
        cluster.api(number % 2).post("/app/platform/msg", event(number)).await.expect(202);
    }
    let arrived = recorder.wait_until(SOON, |all| all.len() >= 2 * EVENTS).await;
    assert!(arrived.is_some(), "only {} arrived", recorder.all().len());
    let all = recorder.all();
    let of = |path: &str| all.iter().filter(|one| one.path == path).cloned().collect::<Vec<_>>();
    let ordered = of("/ordered");
    let numbers: Vec<_> = ordered
        .iter()
        .map(|one| {
            serde_json::from_slice::<serde_json::Value>(&one.body).unwrap()["number"].as_u64().unwrap()
        })
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let limited = of("/limited");
    // A tenth of a second may go at once; some more for a loaded machine that lets requests arrive in a bunch.
    for window in limited.windows(RATE + 5) {
        let took = Duration::from_nanos(window[RATE + 4].at - window[0].at);
        assert!(took > Duration::from_millis(900), "{} in {took:?}", RATE + 5);
    }
    cluster.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_only_serves_leaves_sending_to_one_that_only_sends() {
    let mut cluster = Cluster::new();
    let front = cluster.add(&["--roles", "api"]).await;
    let back = cluster.add(&["--roles", "deliver"]).await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    cluster.api(front).create_application("platform").await;
    cluster.api(front).create_endpoint("platform", &receiver, json!({})).await;
    for number in 0..20 {
        cluster.api(front).post("/app/platform/msg", event(number)).await.expect(202);
    }
    let arrived = recorder.wait_until(SOON, |all| all.len() >= 20).await;
    assert!(arrived.is_some(), "only {} of 20 arrived", recorder.all().len());
    let ids: BTreeSet<_> = recorder.all().into_iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), 20);
    let refused = cluster.api(back).get("/app").await;
    assert_eq!(refused.status, 404, "{refused:?}");
    assert!(cluster.is_ready(back).await);
    cluster.finish().await;
}
