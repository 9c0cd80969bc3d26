use serde_json::{Value, json};

use super::MESSAGES;
use crate::{TestApp, app::header};

#[tokio::test(start_paused = true)]
async fn the_payload_arrives_and_is_shown_byte_by_byte() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let payload = r#"{ "z" : 1.00000000000000000000001,"z":2,   "a":"\u00e9" }"#;
    let body = format!(r#"{{"eventType":"a.b","payload":{payload}}}"#);
    let reply = app.post_bytes(MESSAGES, body).await;
    reply.json(202);
    assert!(reply.text().contains(payload), "{}", reply.text());
    let id = reply.json(202).id();
    assert!(app.get(&format!("{MESSAGES}/{id}")).await.text().contains(payload));
    assert!(app.get(MESSAGES).await.text().contains(payload));
    let sent = app.network.sent(1).await;
    assert_eq!(sent[0].body, payload);
    assert_eq!(header(&sent[0], "webhook-id"), Some(id.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_message_shows_all_it_was_given() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let body = json!({
        "eventType": "a.b", "payload": {"n": 1}, "eventId": "evt-1", "channels": ["eu", "b"], "tags": ["t"],
        "orderingKey": "customer 7", "replaceKey": "participation 1", "expiresAt": "2026-11-22T05:00:00Z",
        "payloadRetentionPeriod": 5,
    });
    let made = app.post(MESSAGES, body).await.json(202);
    let expected = json!({
        "id": made.id(), "eventType": "a.b", "payload": {"n": 1}, "eventId": "evt-1",
        "channels": ["b", "eu"], "tags": ["t"], "timestamp": "2026-11-21T05:00:00.000Z", "deliverAt": null,
        "expiresAt": "2026-11-22T05:00:00.000Z", "orderingKey": "customer 7",
        "replaceKey": "participation 1",
    });
    assert_eq!(made.0, expected);
    assert_eq!(app.get(&format!("{MESSAGES}/{}", made.id())).await.json(200).0, expected);
}

#[tokio::test(start_paused = true)]
async fn content_can_be_left_out() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let body = json!({"eventType": "a.b", "data": {"n": 1}});
    let made = app.post(&format!("{MESSAGES}?with_content=false"), body).await.json(202);
    assert_eq!(made["payload"], json!({}));
    let path = format!("{MESSAGES}/{}", made.id());
    assert_eq!(app.get(&path).await.json(200)["payload"], json!({"n": 1}));
    assert_eq!(app.get(&format!("{path}?with_content=false")).await.json(200)["payload"], json!({}));
    let list = app.get(&format!("{MESSAGES}?with_content=false")).await.json(200);
    assert_eq!(list["data"][0]["payload"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_raw_payload_replaces_the_delivered_body() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let raw = json!({"rawPayload": "plain <text/>"});
    let body = json!({"eventType": "a.b", "payload": {}, "transformationsParams": raw});
    let made = app.post(MESSAGES, body).await.json(202);
    assert_eq!(made["payload"], json!({}));
    assert_eq!(app.network.sent(1).await[0].body, "plain <text/>");
}

#[tokio::test(start_paused = true)]
async fn channels_and_types_decide_who_gets_it() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    app.endpoint("acme", json!({"url": "https://typed.example", "filterTypes": ["a.b"]})).await;
    app.endpoint("acme", json!({"url": "https://channel.example", "channels": ["eu"]})).await;
    app.endpoint("acme", json!({"url": "https://all.example", "filterTypes": ["*"]})).await;
    let destinations = async |body: Value| {
        let id = app.post(MESSAGES, body).await.json(202).id();
        let list = app.get(&format!("{MESSAGES}/{id}/endpoint")).await.json(200);
        list.all("url")
    };
    let typed = destinations(json!({"eventType": "a.b", "payload": {}})).await;
    assert_eq!(typed, ["https://typed.example/", "https://all.example/"]);
    let other = destinations(json!({"eventType": "x", "payload": {}, "channels": ["eu"]})).await;
    assert_eq!(other, ["https://channel.example/", "https://all.example/"]);
    let neither = destinations(json!({"eventType": "x", "payload": {}, "channels": ["us"]})).await;
    assert_eq!(neither, ["https://all.example/"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_id_comes_once() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let body = json!({"eventType": "a.b", "payload": {}, "eventId": "evt-1"});
    app.post(MESSAGES, body.clone()).await.json(202);
    app.post(MESSAGES, body).await.refused(409, "conflict");
}

#[tokio::test(start_paused = true)]
async fn bad_messages_are_refused_with_their_place() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let checks = [
        (r#"{"payload":{}}"#, vec!["body", "eventType"]),
        (r#"{"eventType":"a"}"#, vec!["body", "payload"]),
        (r#"{"eventType":"a","payload":[]}"#, vec!["body", "payload"]),
        (r#"{"eventType":"a","payload":"text"}"#, vec!["body", "payload"]),
        (r#"{"eventType":"a","payload":null}"#, vec!["body", "payload"]),
        (r#"{"eventType":"no spaces","payload":{}}"#, vec!["body", "eventType"]),
        (r#"{"eventType":7,"payload":{}}"#, vec!["body", "eventType"]),
        (r#"{"eventType":"a","payload":{},"channels":[]}"#, vec!["body", "channels"]),
        (r#"{"eventType":"a","payload":{},"channels":["a b"]}"#, vec!["body", "channels", "0"]),
        (r#"{"eventType":"a","payload":{},"eventId":"a b"}"#, vec!["body", "eventId"]),
        (
            r#"{"eventType":"a","payload":{},"payloadRetentionPeriod":91}"#,
            vec!["body", "payloadRetentionPeriod"],
        ),
        (r#"{"eventType":"a","payload":{},"replaceKey":""}"#, vec!["body", "replaceKey"]),
        (r#"{"eventType":"a","payload":{"a":}}"#, vec!["body"]),
        (r#"{"eventType":"a","payload":{}"#, vec!["body"]),
        ("", vec!["body"]),
        ("[]", vec!["body"]),
    ];
    for (body, loc) in checks {
        let reply = app.post_bytes(MESSAGES, body).await;
        assert_eq!(reply.json(422)["detail"][0]["loc"], json!(loc), "{body}: {}", reply.text());
    }
    app.post_bytes(MESSAGES, &b"{\"eventType\":\"a\",\"payload\":{\"a\":\"\xff\"}}"[..])
        .await
        .invalid(&["body"]);
    assert_eq!(app.get(MESSAGES).await.json(200)["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_application_comes_along() {
    let app = TestApp::start().await;
    let body = |application: Value| json!({"eventType": "a", "payload": {}, "application": application});
    app.post("/api/v1/app/fresh/msg", body(Value::Null)).await.refused(404, "not_found");
    let differs = app.post("/api/v1/app/fresh/msg", body(json!({"name": "F", "uid": "other"}))).await;
    differs.invalid(&["body", "application", "uid"]);
    let nameless = app.post("/api/v1/app/fresh/msg", body(json!({}))).await;
    nameless.invalid(&["body", "application", "name"]);
    app.post("/api/v1/app/fresh/msg", body(json!({"name": "F", "uid": "fresh"}))).await.json(202);
    app.post("/api/v1/app/fresh/msg", body(json!({"name": "G"}))).await.json(202);
    assert_eq!(app.get("/api/v1/app/fresh").await.json(200)["name"], "F");
}

#[tokio::test(start_paused = true)]
async fn a_type_outside_the_catalogue_is_accepted() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.message("acme", "never.heard.of").await;
}
