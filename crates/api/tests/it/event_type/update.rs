use serde_json::{Value, json};

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_put_makes_replaces_and_clears_and_the_name_of_the_path_wins() {
    let app = TestApp::start().await;
    let path = "/api/v1/event-type/a.b";
    let body = json!({"name": "other", "description": "d", "featureFlag": "beta"});
    assert_eq!(app.put(path, body).await.json(201)["name"], "a.b");
    let put = app.put(path, json!({"description": "e"})).await.json(200);
    assert_eq!(put["featureFlag"], Value::Null);
    assert_eq!(put["description"], "e");
    app.get("/api/v1/event-type/other").await.refused(404, "not_found");
    app.put("/api/v1/event-type/no%20spaces", json!({"description": ""})).await.invalid(&["path", "name"]);
}

#[tokio::test(start_paused = true)]
async fn a_patch_changes_only_what_it_names() {
    let app = TestApp::start().await;
    let path = "/api/v1/event-type/a.b";
    app.put(path, json!({"description": "d", "featureFlag": "beta"})).await.json(201);
    let patched = app.patch(path, json!({"deprecated": true})).await.json(200);
    assert_eq!((&patched["deprecated"], &patched["featureFlag"]), (&json!(true), &json!("beta")));
    let cleared = app.patch(path, json!({"featureFlag": null})).await.json(200);
    assert_eq!(cleared["featureFlag"], Value::Null);
    let bad = json!({"schemas": {"1": {"type": 5}}});
    app.patch(path, bad).await.invalid(&["body", "schemas", "1"]);
    app.patch("/api/v1/event-type/none", json!({})).await.refused(404, "not_found");
}
