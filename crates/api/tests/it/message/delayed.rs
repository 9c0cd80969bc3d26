use std::time::Duration;

use serde_json::json;

use super::MESSAGES;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_delayed_message_waits_for_its_time() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let body = json!({"eventType": "a.b", "payload": {}, "delaySeconds": 600});
    let made = app.post(MESSAGES, body).await.json(202);
    assert_eq!(made["deliverAt"], "2026-11-21T05:10:00.000Z");
    let list = app.get("/api/v1/app/acme/delivery?state=scheduled").await.json(200);
    assert_eq!(list["data"][0]["nextAttempt"], made["deliverAt"]);
    app.clock.advance(Duration::from_secs(590)).await;
    assert_eq!(app.network.count(), 0);
    app.network.sent(1).await;
    app.until("/api/v1/app/acme/delivery", |list| list["data"][0]["state"] == "succeeded").await;
}

/// The profile puts an incomplete participation off by an hour; half an hour later it would be too late for it.
#[tokio::test(start_paused = true)]
async fn qua_5_a_message_that_expires_before_its_profile_lets_it_go_is_refused() {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    let body = |kind: &str| {
        let payload = json!({"id": 1, "startedAt": "2026-11-21T05:00:00Z"});
        json!({"eventType": kind, "payload": payload, "expiresAt": "2026-11-21T05:30:00Z"})
    };
    app.post(MESSAGES, body("participation.incomplete")).await.invalid(&["body", "expiresAt"]);
    app.post(MESSAGES, body("participation.completed")).await.json(202);
}

#[tokio::test(start_paused = true)]
async fn times_that_make_no_sense_are_refused() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let checks = [
        (json!({"delaySeconds": 2_592_001}), "delaySeconds"),
        (json!({"delaySeconds": -1}), "delaySeconds"),
        (json!({"deliverAt": "2027-11-21T05:00:00Z"}), "deliverAt"),
        (json!({"deliverAt": "soon"}), "deliverAt"),
        (json!({"deliverAt": "2026-11-21T06:00:00Z", "delaySeconds": 5}), "delaySeconds"),
        (json!({"expiresAt": "2026-11-21T05:00:00Z"}), "expiresAt"),
        (json!({"expiresAt": "2026-11-21T05:30:00Z", "deliverAt": "2026-11-21T06:00:00Z"}), "expiresAt"),
    ];
    for (times, field) in checks {
        let mut body = json!({"eventType": "a.b", "payload": {}});
        body.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        app.post(MESSAGES, body).await.invalid(&["body", field]);
    }
    let past = json!({"eventType": "a.b", "payload": {}, "deliverAt": "2020-01-01T00:00:00Z"});
    app.post(MESSAGES, past).await.json(202);
}

#[tokio::test(start_paused = true)]
async fn a_newer_message_with_the_same_key_takes_the_place_of_one_that_waits() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let old = json!({"eventType": "a.b", "payload": {"n": 1}, "delaySeconds": 600, "replaceKey": "order 7"});
    let old = app.post(MESSAGES, old).await.json(202).id();
    let newer = json!({"eventType": "x.y", "payload": {"n": 2}, "replaceKey": "order 7"});
    app.post(MESSAGES, newer).await.json(202);
    let shown = app.get(&format!("{MESSAGES}/{old}/endpoint")).await.json(200);
    assert_eq!(shown["data"][0]["state"], "cancelled");
    assert_eq!(shown["data"][0]["reason"], "superseded");
    assert_eq!(app.network.sent(1).await[0].body, r#"{"n":2}"#);
    app.clock.advance(Duration::from_secs(700)).await;
    assert_eq!(app.network.count(), 1);
}
