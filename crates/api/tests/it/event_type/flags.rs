use http::Method;
use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn types_behind_a_flag_are_hidden_from_portals_without_it() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("open").await;
    let body = json!({"name": "secret", "description": "", "featureFlag": "beta"});
    app.post("/api/v1/event-type", body).await.json(201);
    let (without, with) = (app.portal("acme", &[]).await, app.portal("acme", &["beta"]).await);
    let names = async |token: &str| {
        app.call(Method::GET, "/api/v1/event-type", token, None).await.json(200).all("name")
    };
    assert_eq!(names(&without).await, ["open"]);
    assert_eq!(names(&with).await, ["open", "secret"]);
    let path = "/api/v1/event-type/secret";
    app.call(Method::GET, path, &without, None).await.refused(404, "not_found");
    app.call(Method::GET, path, &with, None).await.json(200);
    let endpoint = json!({"url": "https://a.example", "filterTypes": ["secret"]});
    let path = "/api/v1/app/acme/endpoint";
    let refused = app.call(Method::POST, path, &without, Some(endpoint.clone())).await;
    refused.invalid(&["body", "eventTypes"]);
    app.call(Method::POST, path, &with, Some(endpoint)).await.json(201);
}
