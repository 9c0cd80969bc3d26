//! What a customer's receiver sees: the posted bytes, retries, order, pauses, and the end of an endpoint.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    SOON,
    api::Api,
    receiver::{Received, Receiver, Recorder, Script, pause, within},
    server::TestServer,
};

/// A server with the application `acme`, and a receiver that follows `script`.
struct Stage {
    server: TestServer,
    api: Api,
    recorder: std::sync::Arc<Recorder>,
    receiver: Receiver,
}

impl Stage {
    async fn set(script: Script) -> Self {
        let server = TestServer::start().await;
        let api = server.api();
        api.create_application("acme").await;
        let recorder = Recorder::new(script);
        let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
        Self { server, api, recorder, receiver }
    }

    async fn with_endpoint(script: Script, fields: Value) -> Self {
        let stage = Self::set(script).await;
        let mut fields = fields;
        fields["uid"] = "main".into();
        let (_, secret) = stage.api.create_endpoint("acme", &stage.receiver, fields).await;
        assert!(stage.recorder.use_secret(&secret));
        stage
    }

    async fn arrivals(&self, count: usize) -> Vec<Received> {
        let all = self.recorder.wait_until(SOON, |all| all.len() >= count).await;
        let all = all.unwrap_or_else(|| panic!("only {} of {count} arrived", self.recorder.all().len()));
        assert!(all.iter().all(|webhook| webhook.verdict == Some(Ok(()))), "all are signed rightly");
        all
    }

    async fn endpoint(&self, field: &str) -> Value {
        self.api.get("/app/acme/endpoint/main").await.expect(200)[field].clone()
    }
}

fn numbers(all: &[Received]) -> Vec<u64> {
    let number = |webhook: &Received| {
        serde_json::from_slice::<Value>(&webhook.body).unwrap()["number"].as_u64().unwrap()
    };
    all.iter().map(number).collect()
}

#[tokio::test]
async fn the_payload_arrives_byte_for_byte() {
    let stage = Stage::with_endpoint(Script::default(), json!({})).await;
    let payload =
        r#"{ "big":123456789012345678901234567890,"e":1E+2, "twice":1,"twice":2,"text":"\u00fc ü \/" }"#;
    let body = format!(r#"{{"eventType":"a.b","payload": {payload} }}"#);
    stage.api.call(Method::POST, "/app/acme/msg", body).await.expect(202);
    let all = stage.arrivals(1).await;
    assert_eq!(std::str::from_utf8(&all[0].body).unwrap(), payload);
    assert_eq!(all[0].headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_failed_delivery_is_retried_as_its_schedule_says() {
    let stage = Stage::with_endpoint(Script::failing_first(2), json!({"retrySchedule": [1, 1]})).await;
    let message = stage.api.post_message("acme", json!({})).await;
    let all = stage.arrivals(3).await;
    assert!(all.iter().all(|webhook| webhook.id == message), "under one id");
    let waited = Duration::from_nanos(all[1].at - all[0].at);
    assert!((Duration::from_millis(750)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
    let attempts = stage.api.attempts("acme", &message, |attempts| attempts.len() == 3).await;
    let codes: Vec<_> =
        attempts.iter().map(|attempt| attempt["responseStatusCode"].as_u64().unwrap()).collect();
    assert_eq!(codes, [200, 500, 500]);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled() {
    let stage = Stage::with_endpoint(Script::answering(StatusCode::GONE), json!({})).await;
    stage.api.post_message("acme", json!({})).await;
    stage.arrivals(1).await;
    let disabled = within(SOON, async {
        while stage.endpoint("disabled").await != true {
            pause(Duration::from_millis(10)).await;
        }
    });
    assert!(disabled.await.is_some(), "410 disables");
    stage.api.post_message("acme", json!({})).await;
    stage.api.patch("/app/acme/endpoint/main", json!({"disabled": false})).await.expect(200);
    let last = stage.api.post_message("acme", json!({})).await;
    let all = stage.arrivals(2).await;
    assert_eq!(all[1].id, last, "a disabled endpoint matches nothing new");
}

#[tokio::test]
async fn a_paused_endpoint_collects_and_drains_when_resumed() {
    let stage = Stage::with_endpoint(Script::default(), json!({})).await;
    stage.api.post("/app/acme/endpoint/main/pause", json!({})).await;
    assert_eq!(stage.endpoint("paused").await, true);
    for number in 0..5 {
        stage.api.post_message("acme", json!({"number": number})).await;
    }
    assert_eq!(stage.recorder.all().len(), 0);
    stage.api.post("/app/acme/endpoint/main/resume", json!({})).await;
    let mut arrived = numbers(&stage.arrivals(5).await);
    arrived.sort_unstable();
    assert_eq!(arrived, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn an_ordered_endpoint_gets_its_messages_in_order_through_failures() {
    let fields = json!({"ordered": true, "retrySchedule": [1, 1, 1]});
    let stage = Stage::with_endpoint(Script::failing_first(2), fields).await;
    for number in 0..20 {
        stage.api.post_message("acme", json!({"number": number})).await;
    }
    let all = stage.arrivals(22).await;
    let taken: Vec<_> = all.into_iter().filter(|webhook| webhook.status == Some(StatusCode::OK)).collect();
    assert_eq!(numbers(&taken), (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_delayed_message_waits_also_through_a_restart() {
    let mut stage = Stage::with_endpoint(Script::default(), json!({})).await;
    let posted = crate::receiver::monotonic_nanos();
    let body = json!({"eventType": "a.b", "payload": {}, "delaySeconds": 2});
    stage.api.post("/app/acme/msg", body).await.expect(202);
    assert!(stage.server.stop().await.success());
    stage.server.launch().await;
    let all = stage.arrivals(1).await;
    assert!(all[0].at - posted >= Duration::from_secs(2).as_nanos() as u64, "not before its time");
}

#[tokio::test]
async fn a_post_repeated_under_its_idempotency_key_is_one_message() {
    let stage = Stage::with_endpoint(Script::default(), json!({})).await;
    let api = stage.api.clone().with_header("idempotency-key", "auto_5e0f1b7e");
    let (first, again) = tokio::join!(
        api.post_message("acme", json!({"number": 1})),
        api.post_message("acme", json!({"number": 1}))
    );
    assert_eq!(first, again);
    assert_eq!(api.post_message("acme", json!({"number": 1})).await, first);
    let other = stage.api.post_message("acme", json!({"number": 2})).await;
    assert_ne!(other, first);
    let mut arrived = numbers(&stage.arrivals(2).await);
    arrived.sort_unstable();
    assert_eq!(arrived, [1, 2], "and one delivery");
}

#[tokio::test]
async fn a_stop_lets_what_is_in_flight_finish_and_sends_it_once() {
    let slow = Script::default().delayed(Duration::from_millis(700));
    let mut stage = Stage::with_endpoint(slow, json!({})).await;
    let message = stage.api.post_message("acme", json!({})).await;
    stage.arrivals(1).await;
    assert!(stage.server.stop().await.success());
    stage.server.launch().await;
    let attempts = stage.api.attempts("acme", &message, |attempts| attempts.len() == 1).await;
    assert_eq!(attempts[0]["responseStatusCode"], 200, "the answer was waited for");
    stage.api.post_message("acme", json!({})).await;
    let all = stage.arrivals(2).await;
    assert_ne!(all[1].id, message, "it was not sent again");
}
