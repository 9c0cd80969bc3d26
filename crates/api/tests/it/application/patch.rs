use serde_json::{Value, json};

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_patch_changes_only_what_it_names() {
    let app = TestApp::start().await;
    let body = json!({"name": "A", "uid": "acme", "rateLimit": 3});
    app.post("/api/v1/app", body).await.json(201);
    let patched = app.patch("/api/v1/app/acme", json!({"rateLimit": null})).await.json(200);
    assert_eq!(patched["rateLimit"], Value::Null);
    assert_eq!(patched["throttleRate"], Value::Null);
    assert_eq!(patched["name"], "A");
    let renamed = app.patch("/api/v1/app/acme", json!({"uid": "umbrella"})).await.json(200);
    assert_eq!(renamed["uid"], "umbrella");
    app.get("/api/v1/app/acme").await.refused(404, "not_found");
    app.patch("/api/v1/app/umbrella", json!({"name": null})).await.invalid(&["body", "name"]);
    app.patch("/api/v1/app/nobody", json!({})).await.refused(404, "not_found");
}
