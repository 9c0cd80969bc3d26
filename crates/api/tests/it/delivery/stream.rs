use std::time::Duration;

use fanfare_core::{environment::Role, limits::STREAMS_PER_SUBJECT, ports::FailureKind};
use http::Method;
use serde_json::{Value, json};

use crate::{
    TestApp,
    app::{Answer, Events},
};

const STREAM: &str = "/api/v1/app/acme/delivery/stream";
const ALL: &str = "/api/v1/delivery/stream";

async fn started() -> TestApp {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "retrySchedule": [60]})).await;
    app
}

async fn states(events: &mut Events, count: usize) -> Vec<Value> {
    let mut states = Vec::new();
    for _ in 0..count {
        states.push(events.event().await.data["state"].clone());
    }
    states
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_shown_as_they_happen() {
    let app = started().await;
    let mut events = app.stream(STREAM).await;
    assert_eq!(events.response.headers["cache-control"], "no-cache");
    let hello = events.next().await.unwrap();
    assert_eq!((hello.retry.as_str(), hello.data), ("2000", Value::Null));
    app.network.answer("https://customer.example/hook", Answer::Fails(FailureKind::Timeout, "too slow"));
    let message = app.message("acme", "a.b").await;
    let pending = events.event().await;
    assert_eq!(pending.kind, "delivery");
    assert_eq!(pending.data["attempt"], Value::Null);
    let retrying = events.event().await;
    let endpoint = app.get("/api/v1/app/acme/endpoint/main").await.json(200).id();
    let application = app.get("/api/v1/app/acme").await.json(200).id();
    let list = app.get(&format!("/api/v1/app/acme/attempt/msg/{message}")).await.json(200);
    let next = app.get("/api/v1/app/acme/delivery").await.json(200)["data"][0]["nextAttempt"].clone();
    let attempt = &list["data"][0];
    assert_eq!(
        retrying.data,
        json!({
            "appId": application, "msgId": message, "eventType": "a.b", "endpointId": endpoint,
            "status": 3, "statusText": "sending", "state": "retrying", "nextAttempt": next,
            "attempt": {
                "id": attempt["id"], "responseStatusCode": 0, "responseDurationMs": 0, "status": 2,
                "statusText": "fail", "triggerType": 0, "errorKind": "timeout",
                "timestamp": attempt["timestamp"],
            },
            "updatedAt": "2026-11-21T05:00:00.000Z",
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_where_it_was_cut_off() {
    let app = started().await;
    let mut events = app.stream(STREAM).await;
    app.message("acme", "a.b").await;
    let seen = events.event().await.id;
    drop(events);
    app.clock.advance(Duration::from_secs(30)).await;
    app.message("acme", "c.d").await;
    let mut back = app.stream_after(STREAM, &seen).await;
    assert_eq!(back.next().await.unwrap().id, seen);
    let mut heard = Vec::new();
    for _ in 0..3 {
        let event = back.event().await;
        heard.push((event.data["eventType"].clone(), event.data["state"].clone()));
    }
    assert_eq!(heard[0], (json!("a.b"), json!("succeeded")));
    assert_eq!(heard[1..], [(json!("c.d"), json!("pending")), (json!("c.d"), json!("succeeded"))]);
    for unknown in ["0-1", "1-999", "what?", "é"] {
        let mut lost = app.stream_after(STREAM, unknown).await;
        let reset = lost.event().await;
        assert_eq!((reset.kind.as_str(), &reset.data), ("reset", &json!({"reason": "unknown"})));
        assert!(!reset.id.is_empty(), "from there it can go on");
    }
}

#[tokio::test(start_paused = true)]
async fn filters_narrow_it() {
    let app = started().await;
    let other = app.endpoint("acme", json!({"uid": "other"})).await;
    let mut by_endpoint = app.stream(&format!("{STREAM}?endpoint_id=other")).await;
    let mut by_type = app.stream(&format!("{STREAM}?event_types=x,y")).await;
    let mut by_state = app.stream(&format!("{STREAM}?state=succeeded")).await;
    let mut by_status = app.stream(&format!("{ALL}?status=1&endpoint_id={other}")).await;
    app.message("acme", "a.b").await;
    app.message("acme", "y").await;
    app.network.sent(4).await;
    assert_eq!(by_endpoint.event().await.data["endpointId"], other.as_str());
    assert_eq!(by_type.event().await.data["eventType"], "y");
    assert_eq!(states(&mut by_state, 4).await, ["succeeded"; 4]);
    assert_eq!(states(&mut by_status, 2).await, ["pending"; 2]);
}

#[tokio::test(start_paused = true)]
async fn each_sees_what_is_its_own() {
    let app = started().await;
    app.application("other").await;
    app.endpoint("other", json!({})).await;
    let portal = app.portal("acme", &[]).await;
    let mut own = app.stream_as(STREAM, &portal).await;
    let mut all = app.stream(ALL).await;
    let mut viewer = app.stream_as(ALL, &app.key(Role::Viewer).await).await;
    let mut foreign = app.stream_as(ALL, &app.foreign_key().await).await;
    app.message("other", "theirs").await;
    app.message("acme", "ours").await;
    assert_eq!(own.event().await.data["eventType"], "ours");
    for stream in [&mut all, &mut viewer] {
        assert_eq!(stream.event().await.data["eventType"], "theirs");
    }
    foreign.next().await.unwrap();
    app.clock.advance(Duration::from_secs(16)).await;
    let beat = foreign.next().await.unwrap();
    assert_eq!((beat.kind.as_str(), beat.comment.as_str()), ("", "still here"));
    let get = async |path: &str, token: &str| app.call(Method::GET, path, token, None).await;
    get("/api/v1/app/other/delivery/stream", &portal).await.refused(404, "not_found");
    get(ALL, &portal).await.refused(403, "insufficient_access");
    get(STREAM, "sk_live_nobody").await.refused(401, "authentication_failed");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_key_its_application_or_the_server() {
    let app = started().await;
    let portal = app.portal("acme", &[]).await;
    let mut own = app.stream_as(STREAM, &portal).await;
    own.next().await.unwrap();
    app.call(Method::POST, "/api/v1/auth/logout", &portal, None).await.empty(204);
    assert_eq!(own.next().await, None, "within a second");
    let mut stream = app.stream(STREAM).await;
    stream.next().await.unwrap();
    app.delete("/api/v1/app/acme").await.empty(204);
    assert_eq!(stream.next().await, None);
    let mut all = app.stream(ALL).await;
    all.next().await.unwrap();
    app.engine.end_updates();
    assert_eq!(all.next().await, None);
    app.get(ALL).await.refused(503, "overloaded");
}

#[tokio::test(start_paused = true)]
async fn wrong_filters_and_too_many_streams_are_refused() {
    let app = started().await;
    app.get(&format!("{STREAM}?endpoint_id=nobody")).await.refused(404, "not_found");
    app.get(&format!("{ALL}?endpoint_id=main")).await.invalid(&["query", "endpoint_id"]);
    app.get(&format!("{STREAM}?state=lost")).await.invalid(&["query", "state"]);
    app.get(&format!("{STREAM}?state=failed&status=0")).await.invalid(&["query", "state"]);
    app.get(&format!("{STREAM}?event_types=a%20b")).await.invalid(&["query", "event_types"]);
    app.get("/api/v1/app/nobody/delivery/stream").await.refused(404, "not_found");
    let mut open = Vec::new();
    for _ in 0..STREAMS_PER_SUBJECT {
        open.push(app.stream(STREAM).await);
    }
    app.get(STREAM).await.refused(429, "too_many_requests");
    app.stream(ALL).await.next().await.unwrap();
    open.pop();
    app.stream(STREAM).await.next().await.unwrap();
}
