use fanfare_core::ports::FailureKind;
use serde_json::json;

use crate::{TestApp, app::Answer};

#[tokio::test(start_paused = true)]
async fn an_attempt_shows_what_happened() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.network.answer("https://customer.example/hook", Answer::Status(201, "thanks"));
    let endpoint = app.endpoint("acme", json!({"uid": "main"})).await;
    let message = app.message("acme", "a.b").await;
    let path = format!("/api/v1/app/acme/attempt/msg/{message}");
    let list = app.until(&path, |list| list["data"] != json!([])).await;
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "msgId": message, "endpointId": endpoint, "url": "https://customer.example/hook",
        "method": "POST", "response": "thanks", "responseStatusCode": 201, "responseDurationMs": 0,
        "status": 0, "statusText": "success", "triggerType": 0, "timestamp": "2026-11-21T05:00:00.000Z",
    });
    assert_eq!(list["data"][0], expected);
    let one = format!("/api/v1/app/acme/msg/{message}/attempt/{id}");
    assert_eq!(app.get(&one).await.json(200).0, expected);
    let by_endpoint = app.get("/api/v1/app/acme/attempt/endpoint/main").await.json(200);
    assert_eq!(by_endpoint["data"][0], expected);
    let without = app.get(&format!("{path}?with_content=false")).await.json(200);
    assert_eq!(without["data"][0]["response"], "");
    app.get(&format!("/api/v1/app/acme/msg/{message}/attempt/nothing")).await.refused(404, "not_found");
    app.get("/api/v1/app/acme/attempt/msg/msg_nothing").await.refused(404, "not_found");
    app.get("/api/v1/app/acme/attempt/endpoint/nothing").await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_an_attempt_with_code_0_that_says_why() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let refused = Answer::Fails(FailureKind::AddressRefused, "127.0.0.1 is not public");
    app.network.answer("https://customer.example/hook", refused);
    app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let path = format!("/api/v1/app/acme/attempt/msg/{message}");
    let attempt = app.until(&path, |list| list["data"] != json!([])).await["data"][0].clone();
    assert_eq!(attempt["responseStatusCode"], 0);
    assert_eq!((&attempt["status"], &attempt["statusText"]), (&json!(2), &json!("fail")));
    assert_eq!(attempt["error"], json!({"kind": "address_refused", "message": "127.0.0.1 is not public"}));
    assert_eq!(attempt["response"], "127.0.0.1 is not public");
}

#[tokio::test(start_paused = true)]
async fn attempts_are_narrowed() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.network.answer("https://bad.example/", Answer::Status(503, "no"));
    let good = app.endpoint("acme", json!({"uid": "good"})).await;
    let settings = json!({"uid": "bad", "url": "https://bad.example", "retrySchedule": []});
    let bad = app.endpoint("acme", settings).await;
    let body = json!({"eventType": "a.b", "payload": {}, "channels": ["eu"], "tags": ["t"]});
    let message = app.post("/api/v1/app/acme/msg", body).await.json(202).id();
    let path = format!("/api/v1/app/acme/attempt/msg/{message}");
    app.until(&path, |list| list["data"].as_array().is_some_and(|all| all.len() == 2)).await;
    let (good, bad) = (good.as_str(), bad.as_str());
    let none: [&str; 0] = [];
    let checks: [(&str, &[&str]); 16] = [
        ("status=0", &[good]),
        ("status=2", &[bad]),
        ("status=1", &none),
        ("status=3", &none),
        ("status_code_class=200", &[good]),
        ("status_code_class=500", &[bad]),
        ("status_code_class=0", &none),
        ("endpoint_id=bad", &[bad]),
        ("channel=us", &none),
        ("tag=other", &none),
        ("event_types=c.d", &none),
        ("channel=eu&tag=t&event_types=c.d,a.b&status=0", &[good]),
        ("event_types%5B0%5D=a.b&status=0", &[good]),
        ("before=2026-11-21T05:00:00Z", &none),
        ("after=2026-11-21T04:59:59Z&before=2026-11-21T05:10:00Z&status=2", &[bad]),
        ("after=2026-11-21%2005:10:00.123456789%20UTC", &none),
    ];
    for (query, expected) in checks {
        let list = app.get(&format!("{path}?{query}")).await.json(200);
        assert_eq!(list.all("endpointId"), expected, "{query}");
    }
    for (query, name) in [
        ("status=4", "status"),
        ("status_code_class=201", "status_code_class"),
        ("before=never", "before"),
        ("channel=a%20b", "channel"),
        ("with_content=x", "with_content"),
        ("iterator=x", "iterator"),
        ("limit=x", "limit"),
    ] {
        app.get(&format!("{path}?{query}")).await.invalid(&["query", name]);
    }
}
