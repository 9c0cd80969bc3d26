//! Who may do what: one row per kind of operation.

use fanfare_core::environment::Role;
use http::Method;
use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn roles_allow_what_they_say() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({"uid": "main"})).await;
    let (publisher, viewer) = (app.key(Role::Publisher).await, app.key(Role::Viewer).await);
    let base = "/api/v1/app/acme";
    let checks = [
        (Method::GET, "/api/v1/app".to_owned(), true, true),
        (Method::GET, base.to_owned(), true, true),
        (Method::GET, "/api/v1/event-type".to_owned(), true, true),
        (Method::GET, format!("{base}/endpoint/main"), true, true),
        (Method::GET, format!("{base}/msg"), true, true),
        (Method::GET, format!("{base}/delivery"), true, true),
        (Method::GET, format!("{base}/endpoint/{endpoint}/stats"), true, true),
        (Method::POST, format!("{base}/msg"), true, false),
        (Method::GET, format!("{base}/endpoint/main/secret"), false, false),
        (Method::GET, format!("{base}/endpoint/main/headers"), false, false),
        (Method::POST, "/api/v1/app".to_owned(), false, false),
        (Method::POST, format!("{base}/endpoint"), false, false),
        (Method::DELETE, format!("{base}/endpoint/main"), false, false),
        (Method::POST, format!("{base}/endpoint/main/send-example"), false, false),
        (Method::POST, format!("{base}/endpoint/main/recover"), false, false),
        (Method::POST, format!("{base}/endpoint/main/pause"), false, false),
        (Method::POST, format!("{base}/endpoint/main/secret/rotate"), false, false),
        (Method::POST, "/api/v1/event-type".to_owned(), false, false),
        (Method::POST, "/api/v1/auth/app-portal-access/acme".to_owned(), false, false),
    ];
    let body = json!({
        "eventType": "a.b", "payload": {}, "name": "x", "url": "https://a.example", "description": "",
        "since": "2026-11-21T00:00:00Z",
    });
    let comes_along = json!({"eventType": "a.b", "payload": {}, "application": {"name": "Fresh"}});
    let fresh = "/api/v1/app/fresh/msg";
    app.call(Method::POST, fresh, &publisher, Some(comes_along)).await.refused(403, "insufficient_access");
    for (method, path, publishers, viewers) in checks {
        for (token, allowed) in [(&publisher, publishers), (&viewer, viewers)] {
            let reply = app.call(method.clone(), &path, token, Some(body.clone())).await;
            assert_eq!(reply.status.is_success(), allowed, "{method} {path}: {}", reply.text());
            if !allowed {
                reply.refused(403, "insufficient_access");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_which_role_would_do() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let (publisher, viewer) = (app.key(Role::Publisher).await, app.key(Role::Viewer).await);
    let portal = app.portal("acme", &[]).await;
    let base = "/api/v1/app/acme";
    let checks = [
        (Method::POST, "/api/v1/app".to_owned(), &publisher, "A publisher key", "an admin key"),
        (Method::POST, format!("{base}/msg"), &viewer, "A viewer key", "an admin or publisher key"),
        (
            Method::GET,
            "/api/v1/app".to_owned(),
            &portal,
            "A portal token",
            "an admin, publisher or viewer key",
        ),
        (
            Method::POST,
            format!("{base}/endpoint"),
            &viewer,
            "A viewer key",
            "an admin key or a portal token of the application",
        ),
    ];
    let body = json!({"eventType": "a.b", "payload": {}, "name": "x", "url": "https://a.example"});
    for (method, path, token, this, who) in checks {
        let reply = app.call(method.clone(), &path, token, Some(body.clone())).await;
        let detail = &reply.json(403)["detail"];
        assert_eq!(*detail, format!("{this} may not do this; {who} may"), "{method} {path}");
    }
}
