use serde_json::{Value, json};

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_put_replaces_and_clears() {
    let app = TestApp::start().await;
    let body = json!({"name": "A", "uid": "acme", "rateLimit": 3, "metadata": {"a": "b"}});
    let id = app.post("/api/v1/app", body).await.json(201).id();
    let put = app.put(&format!("/api/v1/app/{id}"), json!({"name": "B"})).await.json(200);
    assert_eq!(put["name"], "B");
    assert_eq!(put["uid"], Value::Null);
    assert_eq!(put["rateLimit"], Value::Null);
    assert_eq!(put["metadata"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_put_makes_what_is_not_there() {
    let app = TestApp::start().await;
    let made = app.put("/api/v1/app/fresh", json!({"name": "F"})).await.json(201);
    assert_eq!(made["uid"], "fresh");
    let same = app.put("/api/v1/app/fresh", json!({"name": "G", "uid": "fresh"})).await.json(200);
    assert_eq!(same.id(), made.id());
    let unknown = "/api/v1/app/app_1srOrx2ZWZBpBUvZwXKQmoEYga2";
    app.put(unknown, json!({"name": "H", "uid": "other"})).await.json(201);
    let differs = app.put("/api/v1/app/fresh", json!({"name": "G", "uid": "else"})).await;
    differs.invalid(&["body", "uid"]);
}
