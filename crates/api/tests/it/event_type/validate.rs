use serde_json::json;

use crate::{TestApp, endpoint::ENDPOINTS};

const TYPES: &str = "/api/v1/event-type";
const MESSAGES: &str = "/api/v1/app/acme/msg";

async fn start(validate: bool) -> TestApp {
    let app = TestApp::start().await;
    app.application("acme").await;
    let schema = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {"id": {"type": "integer"}, "lines": {"items": {"required": ["sku"]}}},
    });
    let schemas = json!({"1": {"type": "string"}, "2": schema});
    let body = json!({"name": "a.b", "description": "", "schemas": schemas, "validate": validate});
    app.post(TYPES, body).await.json(201);
    app
}

fn message(payload: serde_json::Value) -> serde_json::Value {
    json!({"eventType": "a.b", "payload": payload})
}

#[tokio::test(start_paused = true)]
async fn a_schema_describes_and_refuses_nothing_unless_told_to() {
    let app = start(false).await;
    app.post(MESSAGES, message(json!({"anything": true}))).await.json(202);
    app.patch(&format!("{TYPES}/a.b"), json!({"validate": true})).await.json(200);
    app.post(MESSAGES, message(json!({"anything": true}))).await.json(422);
    app.patch(&format!("{TYPES}/a.b"), json!({"schemas": null})).await.invalid(&["body", "validate"]);
    app.patch(&format!("{TYPES}/a.b"), json!({"validate": null})).await.json(200);
    app.post(MESSAGES, message(json!({"anything": true}))).await.json(202);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_does_not_fit_is_refused_and_told_where() {
    let app = start(true).await;
    app.post(MESSAGES, message(json!({"id": 1}))).await.json(202);
    let wrong = json!({"id": "sk_not_to_be_repeated", "lines": [{"sku": 1}, {}]});
    let refused = app.post(MESSAGES, message(wrong)).await;
    let detail = &refused.json(422)["detail"];
    let places: Vec<_> = detail.as_array().unwrap().iter().map(|item| item["loc"].clone()).collect();
    assert_eq!(places.len(), 2, "{detail}");
    assert!(places.contains(&json!(["body", "payload", "id"])), "{detail}");
    assert!(places.contains(&json!(["body", "payload", "lines", "1"])), "{detail}");
    assert!(!refused.text().contains("not_to_be_repeated"));
    let raw =
        json!({"eventType": "a.b", "payload": {"id": 1}, "transformationsParams": {"rawPayload": "no"}});
    app.post(MESSAGES, raw).await.invalid(&["body", "payload"]);
    let list = app.get(MESSAGES).await.json(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "what was refused is not stored");
}

#[tokio::test(start_paused = true)]
async fn an_example_sent_by_hand_is_not_held_to_the_schema() {
    let app = start(true).await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let path = format!("{ENDPOINTS}/{endpoint}/send-example");
    app.post(&path, json!({"eventType": "a.b"})).await.json(200);
}
