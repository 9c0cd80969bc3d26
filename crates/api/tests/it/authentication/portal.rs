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

#[tokio::test(start_paused = true)]
async fn a_read_only_portal_token_looks_and_does_nothing_else() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.post("/api/v1/app/acme/endpoint", json!({"url": "https://a.example"})).await.json(201);
    let id = endpoint["id"].as_str().unwrap();
    let access = app.post("/api/v1/auth/app-portal-access/acme", json!({"readOnly": true})).await.json(200);
    let token = access["token"].as_str().unwrap();
    let call = async |method: Method, path: &str| {
        let body = (method != Method::GET).then(|| json!({"url": "https://b.example", "headers": {}, "key": null, "eventType": "a.b", "since": "2026-01-01T00:00:00Z"}));
        app.call(method, path, token, body).await
    };
    for path in ["", "/endpoint", "/msg", &format!("/endpoint/{id}"), &format!("/endpoint/{id}/stats")] {
        call(Method::GET, &format!("/api/v1/app/acme{path}")).await.json(200);
    }
    call(Method::POST, "/api/v1/app/acme/endpoint").await.refused(403, "insufficient_access");
    for (method, rest) in [
        (Method::PUT, ""),
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::GET, "/secret"),
        (Method::POST, "/secret/rotate"),
        (Method::GET, "/headers"),
        (Method::PUT, "/headers"),
        (Method::PATCH, "/headers"),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
        (Method::POST, "/ping"),
        (Method::POST, "/recover"),
        (Method::POST, "/send-example"),
    ] {
        let reply = call(method, &format!("/api/v1/app/acme/endpoint/{id}{rest}")).await;
        reply.refused(403, "insufficient_access");
    }
    call(Method::POST, "/api/v1/app/acme/replay").await.refused(403, "insufficient_access");
    call(Method::POST, "/api/v1/auth/logout").await.empty(204);
}

#[tokio::test(start_paused = true)]
async fn all_portal_tokens_of_an_application_end_together() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    let status = async |token: &str, application: &str| {
        let path = format!("/api/v1/app/{application}");
        app.call(Method::GET, &path, token, None).await.status.as_u16()
    };
    let (first, second, other) =
        (app.portal("acme", &[]).await, app.portal("acme", &[]).await, app.portal("other", &[]).await);
    assert_eq!(status(&first, "acme").await, 200);
    let path = "/api/v1/auth/app/acme/expire-all";
    app.call(Method::POST, path, &first, Some(json!({}))).await.refused(403, "insufficient_access");
    app.post(path, json!({"expiry": 604_801})).await.invalid(&["body", "expiry"]);
    app.post("/api/v1/auth/app/nobody/expire-all", json!({})).await.refused(404, "not_found");
    app.post(path, json!({"expiry": 60})).await.empty(204);
    assert_eq!(status(&first, "acme").await, 200);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!((status(&first, "acme").await, status(&second, "acme").await), (401, 401));
    let third = app.portal("acme", &[]).await;
    assert_eq!(status(&third, "acme").await, 200);
    app.post(path, json!({})).await.empty(204);
    assert_eq!((status(&third, "acme").await, status(&other, "other").await), (401, 200));
}

#[tokio::test(start_paused = true)]
async fn how_a_portal_looks_is_said_by_admins_and_checked() {
    let app = TestApp::start().await;
    let path = "/api/v1/environment/portal";
    let nothing = json!({"name": null, "colour": null, "logo": null, "origins": []});
    assert_eq!(app.get(path).await.json(200).0, nothing);
    let wish = json!({
        "name": "Acme", "colour": "#AA0000", "logo": "https://cdn.example/l.png", "origins": ["https://app.example/"],
    });
    let kept = json!({
        "name": "Acme", "colour": "#aa0000", "logo": "https://cdn.example/l.png", "origins": ["https://app.example"],
    });
    assert_eq!(app.put(path, wish).await.json(200).0, kept);
    assert_eq!(app.get(path).await.json(200).0, kept);
    app.application("acme").await;
    let token = app.portal("acme", &[]).await;
    app.call(Method::GET, path, &token, None).await.refused(403, "insufficient_access");
    app.put(path, json!({"name": " "})).await.invalid(&["body", "name"]);
    app.put(path, json!({"colour": "red"})).await.invalid(&["body", "colour"]);
    app.put(path, json!({"logo": "http://cdn.example/l.png"})).await.invalid(&["body", "logo"]);
    let origins = json!({"origins": ["https://a.example", "https://*"]});
    app.put(path, origins).await.invalid(&["body", "origins", "1"]);
    let many: Vec<_> = (0..21).map(|number| format!("https://a{number}.example")).collect();
    app.put(path, json!({ "origins": many })).await.invalid(&["body", "origins"]);
    assert_eq!(app.put(path, json!({})).await.json(200).0, nothing);
}
