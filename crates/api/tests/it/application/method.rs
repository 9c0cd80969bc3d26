use serde_json::{Value, json};

use crate::TestApp;

const FREE: &str = r#"
name = "free"
methods = ["POST", "PUT", "PATCH"]
"#;

async fn methods(app: &TestApp, count: usize) -> Vec<&'static str> {
    app.network.sent(count).await.iter().map(|request| request.method.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn tal_5_the_method_is_the_endpoints_else_the_applications_else_post() {
    let app = TestApp::under(FREE).await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    app.message("acme", "a.b").await;
    assert_eq!(methods(&app, 1).await, ["POST"]);
    let put = app.patch("/api/v1/app/acme", json!({"method": "PUT"})).await.json(200);
    assert_eq!(put["method"], "PUT");
    app.message("acme", "a.b").await;
    assert_eq!(methods(&app, 2).await[1], "PUT");
    let own = app.endpoint("acme", json!({"method": "PATCH", "uid": "own", "channels": ["own"]})).await;
    let body = json!({"eventType": "a.b", "payload": {}, "channels": ["own"]});
    app.post("/api/v1/app/acme/msg", body).await.json(202);
    assert!(methods(&app, 4).await[2..].contains(&"PATCH"));
    let endpoint = app.get(&format!("/api/v1/app/acme/endpoint/{own}")).await.json(200);
    assert_eq!(endpoint["method"], "PATCH");
    let cleared = app.patch("/api/v1/app/acme", json!({"method": null})).await.json(200);
    assert_eq!(cleared["method"], Value::Null);
    app.message("acme", "a.b").await;
    assert_eq!(methods(&app, 5).await[4], "POST");
}

#[tokio::test(start_paused = true)]
async fn tal_5_nothing_but_what_the_profile_allows_is_taken() {
    let app = TestApp::start().await;
    app.application("acme").await;
    for refused in [json!("PUT"), json!("GET"), json!("DELETE"), json!("put")] {
        app.patch("/api/v1/app/acme", json!({"method": refused})).await.invalid(&["body", "method"]);
        let body = json!({"name": "a", "method": refused});
        app.put("/api/v1/app/acme", body).await.invalid(&["body", "method"]);
    }
    app.patch("/api/v1/app/acme", json!({"method": "POST"})).await.json(200);
}
