use serde_json::{Value, json};

use crate::{TestApp, app::Answer};

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_shows_as_sending_while_a_retry_waits_and_as_fail_at_the_end() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.network.answer("https://customer.example/hook", Answer::Status(500, "no"));
    let endpoint = app.endpoint("acme", json!({"retrySchedule": [60]})).await;
    let message = app.message("acme", "a.b").await;
    let by_message = format!("/api/v1/app/acme/msg/{message}/endpoint");
    let by_endpoint = format!("/api/v1/app/acme/endpoint/{endpoint}/msg");
    let waiting = app.until(&by_message, |list| list["data"][0]["status"] == 3).await;
    assert_eq!(waiting["data"][0]["statusText"], "sending");
    assert_eq!(waiting["data"][0]["state"], "retrying");
    assert!(waiting["data"][0]["nextAttempt"].is_string());
    let item = app.get(&by_endpoint).await.json(200)["data"][0].clone();
    assert_eq!((&item["status"], &item["payload"]), (&json!(3), &json!({"n": 1})));
    app.network.sent(2).await;
    let ended = app.until(&by_message, |list| list["data"][0]["status"] == 2).await;
    assert_eq!(ended["data"][0]["state"], "failed");
    assert_eq!(ended["data"][0]["nextAttempt"], Value::Null);
    let item = app.get(&format!("{by_endpoint}?status=2")).await.json(200);
    assert_eq!(item["data"][0]["id"], message);
    assert_eq!(app.get(&format!("{by_endpoint}?status=0")).await.json(200)["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_narrowed() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.network.answer("https://bad.example/", Answer::Status(500, "no"));
    let good = app.endpoint("acme", json!({"uid": "good"})).await;
    let settings = json!({"uid": "bad", "url": "https://bad.example", "retrySchedule": []});
    let bad = app.endpoint("acme", settings).await;
    let (first, second) = (app.message("acme", "a.b").await, app.message("acme", "c.d").await);
    let path = "/api/v1/app/acme/delivery";
    app.until(path, |list| {
        let ended = |one: &Value| one["status"] == 0 || one["status"] == 2;
        list["data"].as_array().is_some_and(|all| all.len() == 4 && all.iter().all(ended))
    })
    .await;
    let pairs = async |query: &str| {
        let list = app.get(&format!("{path}?{query}")).await.json(200);
        list.all("msgId").into_iter().zip(list.all("endpointId")).collect::<Vec<_>>()
    };
    let pair = |message: &String, endpoint: &String| (message.clone(), endpoint.clone());
    assert_eq!(pairs("state=failed&msg_id=").await, [pair(&second, &bad), pair(&first, &bad)]);
    assert_eq!(pairs("endpoint_id=good&order=ascending").await, [pair(&first, &good), pair(&second, &good)]);
    assert_eq!(pairs(&format!("msg_id={first}&status=0")).await, [pair(&first, &good)]);
    assert_eq!(pairs("event_types=c.d&state=failed,blocked").await, [pair(&second, &bad)]);
    assert_eq!(pairs("state=failed&status=0").await, []);
    app.get(&format!("{path}?state=sending")).await.invalid(&["query", "state"]);
    app.get(&format!("{path}?endpoint_id=nobody")).await.refused(404, "not_found");
    let first_page = app.get(&format!("{path}?limit=3")).await.json(200);
    assert_eq!(first_page["done"], false);
    let next = format!("{path}?limit=3&iterator={}", first_page["iterator"].as_str().unwrap());
    let last_page = app.get(&next).await.json(200);
    assert_eq!((last_page.all("msgId").len(), &last_page["done"]), (1, &json!(true)));
}
