use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_portal_token_comes_with_a_link_that_hides_it() {
    let app = TestApp::start().await;
    app.application("acme").await;
    for path in ["app-portal-access", "dashboard-access"] {
        let access = app.post(&format!("/api/v1/auth/{path}/acme"), json!({})).await.json(200);
        let token = access["token"].as_str().unwrap();
        assert!(token.starts_with("appsk_"));
        let url = access["url"].as_str().unwrap();
        assert!(url.starts_with("https://hooks.example/portal/enter?link="), "{url}");
        assert!(!url.contains(token), "the link opens the portal once and is no key of the API");
        app.call(Method::GET, "/api/v1/app/acme", token, None).await.json(200);
    }
    app.post("/api/v1/auth/app-portal-access/nobody", json!({})).await.refused(404, "not_found");
    let body = json!({"application": {"name": "Fresh"}});
    app.post("/api/v1/auth/app-portal-access/fresh", body).await.json(200);
    app.get("/api/v1/app/fresh").await.json(200);
    let body = json!({"featureFlags": ["no spaces"]});
    let reply = app.post("/api/v1/auth/app-portal-access/acme", body).await;
    reply.invalid(&["body", "featureFlags", "0"]);
    for expiry in [0, 604_801] {
        let reply = app.post("/api/v1/auth/app-portal-access/acme", json!({ "expiry": expiry })).await;
        reply.invalid(&["body", "expiry"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_token_has_so_many_flags_and_no_more() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let flags: Vec<_> = (0..101).map(|n| format!("flag-{n}")).collect();
    let path = "/api/v1/auth/app-portal-access/acme";
    app.post(path, json!({"featureFlags": flags})).await.invalid(&["body", "featureFlags"]);
    app.post(path, json!({"featureFlags": flags[..100]})).await.json(200);
}

#[tokio::test(start_paused = true)]
async fn a_portal_token_opens_its_application_and_no_other() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    let token = app.portal("acme", &[]).await;
    let call = async |method: Method, path: &str| {
        app.call(method, path, &token, Some(json!({"name": "x", "url": "https://a.example"}))).await
    };
    call(Method::POST, "/api/v1/app/acme/endpoint").await.json(201);
    call(Method::GET, "/api/v1/app/acme/msg").await.json(200);
    call(Method::GET, "/api/v1/app/other").await.refused(404, "not_found");
    call(Method::GET, "/api/v1/app/other/endpoint").await.refused(404, "not_found");
    call(Method::POST, "/api/v1/app/other/endpoint").await.refused(404, "not_found");
    for (method, path) in [
        (Method::GET, "/api/v1/app"),
        (Method::POST, "/api/v1/app"),
        (Method::PUT, "/api/v1/app/acme"),
        (Method::PATCH, "/api/v1/app/acme"),
        (Method::DELETE, "/api/v1/app/acme"),
        (Method::DELETE, "/api/v1/event-type/a"),
        (Method::POST, "/api/v1/auth/app-portal-access/acme"),
        (Method::DELETE, "/api/v1/app/acme/msg/x/content"),
        (Method::POST, "/api/v1/app/acme/msg"),
    ] {
        call(method, path).await.refused(403, "insufficient_access");
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_token_ends_by_logout_or_by_age() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let status =
        async |token: &str| app.call(Method::GET, "/api/v1/app/acme", token, None).await.status.as_u16();
    let token = app.portal("acme", &[]).await;
    assert_eq!(status(&token).await, 200);
    app.call(Method::POST, "/api/v1/auth/logout", &token, None).await.empty(204);
    assert_eq!(status(&token).await, 401);
    app.call(Method::POST, "/api/v1/auth/logout", &token, None).await.refused(401, "authentication_failed");
    app.post_bytes("/api/v1/auth/logout", "").await.refused(403, "insufficient_access");
    let token = app.portal("acme", &[]).await;
    app.clock.advance(Duration::from_secs(7 * 86_400 - 10)).await;
    assert_eq!(status(&token).await, 200);
    app.clock.advance(Duration::from_secs(10)).await;
    assert_eq!(status(&token).await, 401);
}
