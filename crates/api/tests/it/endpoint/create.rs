use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_endpoint_shows_all_it_was_given() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("invoice.paid").await;
    let body = json!({
        "url": "HTTPS://Customer.Example:443/a/../hook?x=1",
        "uid": "main",
        "description": "the main one",
        "version": 3,
        "filterTypes": ["invoice.paid"],
        "channels": ["eu"],
        "rateLimit": 5,
        "metadata": {"team": "billing"},
        "ordered": true,
        "maxConcurrency": 4,
        "timeoutMs": 2500,
        "retrySchedule": [1, 60],
        "method": "POST",
        "profile": "standard",
        "auth": {"type": "header", "name": "X-Api-Token", "value": "123456ots"},
        "filter": "payload.n == 1",
    });
    let made = app.post(ENDPOINTS, body).await.json(201);
    let expected = json!({
        "id": made.id(),
        "uid": "main",
        "url": "https://customer.example/hook?x=1",
        "description": "the main one",
        "version": 3,
        "eventTypes": ["invoice.paid"],
        "filterTypes": ["invoice.paid"],
        "channels": ["eu"],
        "metadata": {"team": "billing"},
        "throttleRate": 5,
        "rateLimit": 5,
        "disabled": false,
        "disabledReason": null,
        "paused": false,
        "ordered": true,
        "maxConcurrency": 4,
        "timeoutMs": 2500,
        "retrySchedule": [1, 60],
        "mode": "live",
        "method": "POST",
        "profile": "standard",
        "auth": {"type": "header", "name": "X-Api-Token"},
        "filter": "payload.n == 1",
        "scope": null,
        "tls": {"verify": true},
        "createdAt": "2026-11-21T05:00:00.000Z",
        "updatedAt": "2026-11-21T05:00:00.000Z",
    });
    assert_eq!(made.0, expected);
    assert_eq!(app.get(&format!("{ENDPOINTS}/main")).await.json(200).0, expected);
    assert_eq!(app.get(&format!("{ENDPOINTS}/{}/", made.id())).await.json(200).0, expected);
}

#[tokio::test(start_paused = true)]
async fn defaults_are_shown() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let made = app.post(ENDPOINTS, json!({"url": "http://a.example"})).await.json(201);
    assert_eq!(made["url"], "http://a.example/");
    assert_eq!(made["version"], 1);
    assert_eq!(made["description"], "");
    for null in ["uid", "eventTypes", "filterTypes", "channels", "rateLimit", "timeoutMs", "retrySchedule"] {
        assert_eq!(made[null], Value::Null, "{null}");
    }
    let wildcard = app.post(ENDPOINTS, json!({"url": "http://a.example", "eventTypes": ["*"]})).await;
    assert_eq!(wildcard.json(201)["filterTypes"], json!(["*"]));
}

#[tokio::test(start_paused = true)]
async fn bad_endpoints_are_refused_with_their_place() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let many: Vec<_> = (0..11).map(|n| format!("c{n}")).collect();
    let checks = [
        (json!({}), "url"),
        (json!({"url": "no url"}), "url"),
        (json!({"url": "ftp://a.example"}), "url"),
        (json!({"url": "https://a.example/#part"}), "url"),
        (json!({"url": "https://"}), "url"),
        (json!({"url": format!("https://a.example/{}", "x".repeat(4096))}), "url"),
        (json!({"url": "https://***@a.example"}), "url"),
        (json!({"eventTypes": []}), "eventTypes"),
        (json!({"filterTypes": []}), "filterTypes"),
        (json!({"eventTypes": ["unknown.type"]}), "eventTypes"),
        (json!({"eventTypes": "a"}), "eventTypes"),
        (json!({"channels": []}), "channels"),
        (json!({"channels": many}), "channels"),
        (json!({"rateLimit": 0}), "throttleRate"),
        (json!({"maxConcurrency": 0}), "maxConcurrency"),
        (json!({"maxConcurrency": 129}), "maxConcurrency"),
        (json!({"timeoutMs": 0}), "timeoutMs"),
        (json!({"timeoutMs": 60_001}), "timeoutMs"),
        (json!({"retrySchedule": vec![1; 51]}), "retrySchedule"),
        (json!({"retrySchedule": [2_592_001]}), "retrySchedule"),
        (json!({"description": "x".repeat(5000)}), "description"),
        (json!({"secret": "too short"}), "secret"),
        (json!({"secret": "whsec_AAAA"}), "secret"),
        (json!({"secret": "whsk_AAAA"}), "secret"),
        (json!({"filter": "payload.a =="}), "filter"),
        (json!({"filter": ""}), "filter"),
        (json!({"auth": {"type": "basic"}}), "auth"),
        (json!({"mode": "sandbox"}), "mode"),
        (json!({"profile": "no-such"}), "profile"),
        (json!({"method": "PUT"}), "method"),
        (json!({"scope": "site"}), "scope"),
        (json!({"tls": {"verify": false}}), "tls"),
    ];
    for (settings, field) in checks {
        let mut body = json!({"url": "https://a.example"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        if settings == json!({}) {
            body = json!({});
        }
        let reply = app.post(ENDPOINTS, body).await;
        assert_eq!(reply.json(422)["detail"][0]["loc"][1], field, "{settings}: {}", reply.text());
    }
    app.post(ENDPOINTS, json!({"url": "https://a.example", "channels": ["no spaces"]}))
        .await
        .invalid(&["body", "channels", "0"]);
}

#[tokio::test(start_paused = true)]
async fn a_uid_is_taken_once_in_an_application() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    app.endpoint("acme", json!({"uid": "main"})).await;
    let body = json!({"url": "https://a.example", "uid": "main"});
    app.post(ENDPOINTS, body.clone()).await.refused(409, "conflict");
    app.post("/api/v1/app/other/endpoint", body).await.json(201);
}

#[tokio::test(start_paused = true)]
async fn userinfo_is_refused_where_the_profile_has_no_place_for_it() {
    for (profile, types, word) in [
        ("trimoji", json!(["a.b"]), "lets no endpoint"),
        ("trutac", json!(["a.b"]), "lets no endpoint"),
        ("jofi", Value::Null, "in `auth`"),
    ] {
        let app = TestApp::of(profile).await;
        app.application("acme").await;
        app.event_type("a.b").await;
        let with = json!({"url": "https://user:pw@a.example/", "eventTypes": types});
        let refused = app.post(ENDPOINTS, with.clone()).await;
        assert!(refused.text().contains(word) && !refused.text().contains("pw@"), "{}", refused.text());
        refused.invalid(&["body", "url"]);
        app.endpoint("acme", json!({"uid": "main", "eventTypes": types})).await;
        app.patch(&format!("{ENDPOINTS}/main"), with).await.invalid(&["body", "url"]);
    }
}

#[tokio::test(start_paused = true)]
async fn userinfo_is_masked_and_can_be_kept() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let body = json!({"url": "https://me:secret@a.example/x", "uid": "main"});
    let reply = app.post(ENDPOINTS, body).await;
    assert!(!reply.text().contains("secret"));
    let shown = reply.json(201)["url"].clone();
    assert_eq!(shown, "https://***@a.example/x");
    let path = format!("{ENDPOINTS}/main");
    let kept = app.put(&path, json!({"url": shown, "uid": "main"})).await.json(200);
    assert_eq!(kept["url"], shown);
    app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert_eq!(crate::app::header(&sent[0], "authorization"), Some("Basic bWU6c2VjcmV0"));
    let dropped = app.patch(&path, json!({"url": "https://a.example/x"})).await.json(200);
    assert_eq!(dropped["url"], "https://a.example/x");
}

#[tokio::test(start_paused = true)]
async fn a_new_endpoint_gets_the_very_next_message() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.message("acme", "a.b").await;
    app.endpoint("acme", json!({})).await;
    let id = app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert_eq!(crate::app::header(&sent[0], "webhook-id"), Some(id.as_str()));
}
