use http::Method;
use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn jof_5_only_the_platform_configures_endpoints() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main"})).await;
    let portal = app.portal("acme", &[]).await;
    let main = format!("{ENDPOINTS}/main");
    let body = json!({"url": "https://b.example", "headers": {"x-a": "b"}});
    for (method, path) in [
        (Method::POST, ENDPOINTS.to_owned()),
        (Method::PUT, main.clone()),
        (Method::PUT, format!("{ENDPOINTS}/another")),
        (Method::PATCH, main.clone()),
        (Method::DELETE, main.clone()),
        (Method::POST, format!("{main}/pause")),
        (Method::POST, format!("{main}/resume")),
        (Method::PUT, format!("{main}/headers")),
        (Method::PATCH, format!("{main}/headers")),
        (Method::POST, format!("{main}/secret/rotate")),
    ] {
        let mut body = body.clone();
        if path.ends_with("main") || path.ends_with("endpoint") || path.ends_with("another") {
            body = json!({"url": "https://b.example"});
        }
        let reply = app.call(method.clone(), &path, &portal, Some(body)).await;
        reply.refused(403, "insufficient_access");
        let told = "endpoints of profile jofi are configured by the platform";
        assert!(reply.text().contains(told), "{method} {path}: {}", reply.text());
    }
    for path in [ENDPOINTS.to_owned(), main.clone(), format!("{main}/secret"), format!("{main}/stats")] {
        app.call(Method::GET, &path, &portal, None).await.json(200);
    }
    assert_eq!(app.get(&main).await.json(200)["url"], "https://customer.example/hook");
}

#[tokio::test(start_paused = true)]
async fn jof_5_https_is_required() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    app.post(ENDPOINTS, json!({"url": "http://a.example"})).await.invalid(&["body", "url"]);
    app.endpoint("acme", json!({"uid": "main"})).await;
    app.patch(&format!("{ENDPOINTS}/main"), json!({"url": "http://a.example"}))
        .await
        .invalid(&["body", "url"]);
}

#[tokio::test(start_paused = true)]
async fn jof_3_a_test_endpoint_is_sent_something_only_by_the_platform() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "test", "mode": "test"})).await;
    let portal = app.portal("acme", &[]).await;
    let message = app.message("acme", "invitation.created").await;
    let example = json!({"eventType": "invitation.created", "since": "2026-11-21T00:00:00Z"});
    for path in [
        format!("{ENDPOINTS}/test/send-example"),
        format!("{ENDPOINTS}/test/ping"),
        format!("{ENDPOINTS}/test/recover"),
        format!("/api/v1/app/acme/msg/{message}/endpoint/test/resend"),
    ] {
        let reply = app.call(Method::POST, &path, &portal, Some(example.clone())).await;
        reply.refused(403, "insufficient_access");
    }
    assert_eq!(app.network.count(), 0);
    app.post(&format!("{ENDPOINTS}/test/send-example"), example).await.json(200);
    assert_eq!(app.network.sent(1).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_customer_does_not_choose_the_rules_it_is_under() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main"})).await;
    let portal = app.portal("acme", &[]).await;
    let body = json!({"url": "https://b.example", "profile": "talview"});
    app.call(Method::POST, ENDPOINTS, &portal, Some(body.clone())).await.refused(403, "insufficient_access");
    let main = format!("{ENDPOINTS}/main");
    app.call(Method::PATCH, &main, &portal, Some(body)).await.refused(403, "insufficient_access");
    app.call(Method::PATCH, &main, &portal, Some(json!({"description": "mine"}))).await.json(200);
}
