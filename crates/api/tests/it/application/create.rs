use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_uid_is_taken_once() {
    let app = TestApp::start().await;
    let id = app.application("acme").await;
    let body = json!({"name": "Other", "uid": "acme"});
    app.post("/api/v1/app", body.clone()).await.refused(409, "conflict");
    let existing = app.post("/api/v1/app?get_if_exists=true", body).await.json(200);
    assert_eq!(existing.id(), id);
    assert_eq!(existing["name"], "acme");
    let fresh = json!({"name": "Other", "uid": "other"});
    app.post("/api/v1/app?get_if_exists=true", fresh).await.json(201);
}

#[tokio::test(start_paused = true)]
async fn bad_applications_are_refused_with_their_place() {
    let app = TestApp::start().await;
    let checks = [
        (json!({}), vec!["body", "name"]),
        (json!({"name": ""}), vec!["body", "name"]),
        (json!({"name": 5}), vec!["body", "name"]),
        (json!({"name": "a", "uid": "no spaces"}), vec!["body", "uid"]),
        (json!({"name": "a", "uid": "app_1srOrx2ZWZBpBUvZwXKQmoEYga2"}), vec!["body", "uid"]),
        (json!({"name": "a", "throttleRate": 0}), vec!["body", "throttleRate"]),
        (json!({"name": "a", "throttleRate": 70000}), vec!["body", "throttleRate"]),
        (json!({"name": "a", "metadata": {"k": 1}}), vec!["body", "metadata", "k"]),
        (json!({"name": "a", "metadata": {"k": "x".repeat(17_000)}}), vec!["body", "metadata"]),
        (json!({"name": "a", "webhooksEnabled": "no"}), vec!["body", "webhooksEnabled"]),
        (json!({"name": "a", "method": "GET"}), vec!["body", "method"]),
        (json!({"name": "a", "method": "PUT"}), vec!["body", "method"]),
    ];
    for (body, loc) in checks {
        app.post("/api/v1/app", body).await.invalid(&loc);
    }
    app.post("/api/v1/app", json!({"name": "a", "unknownField": 1})).await.json(201);
}
