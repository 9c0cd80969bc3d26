use serde_json::json;

use super::ENDPOINTS;
use crate::{TestApp, app::header};

async fn path(app: &TestApp, headers: serde_json::Value) -> String {
    app.application("acme").await;
    let id = app.endpoint("acme", json!({ "headers": headers })).await;
    format!("{ENDPOINTS}/{id}/headers")
}

#[tokio::test(start_paused = true)]
async fn headers_keep_their_case_and_credentials_are_not_shown() {
    let app = TestApp::start().await;
    let headers = json!({"X-Trace": "t", "Authorization": "Bearer hush", "x-API-key": "hush"});
    let path = path(&app, headers).await;
    let reply = app.get(&path).await;
    assert!(!reply.text().contains("hush"));
    let expected = json!({"headers": {"X-Trace": "t"}, "sensitive": ["Authorization", "x-API-key"]});
    assert_eq!(reply.json(200).0, expected);
    app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert_eq!(header(&sent[0], "authorization"), Some("Bearer hush"));
    assert_eq!(header(&sent[0], "x-trace"), Some("t"));
}

#[tokio::test(start_paused = true)]
async fn headers_are_replaced_or_patched() {
    let app = TestApp::start().await;
    let path = path(&app, json!({"X-One": "1"})).await;
    app.put(&path, json!({"headers": {"X-Two": "2", "X-Three": "3"}})).await.empty(204);
    app.patch(&path, json!({"headers": {"x-two": null, "X-Four": "4"}})).await.empty(204);
    let expected = json!({"X-Three": "3", "X-Four": "4"});
    assert_eq!(app.get(&path).await.json(200)["headers"], expected);
    app.patch(&path, json!({"headers": {"x-three": "33"}})).await.empty(204);
    let expected = json!({"x-three": "33", "X-Four": "4"});
    assert_eq!(app.get(&path).await.json(200)["headers"], expected);
    app.put(&path, json!({"headers": {}})).await.empty(204);
    assert_eq!(app.get(&path).await.json(200).0, json!({"headers": {}, "sensitive": []}));
}

#[tokio::test(start_paused = true)]
async fn refused_names_and_values_are_refused_everywhere() {
    let app = TestApp::start().await;
    let path = path(&app, json!({})).await;
    let names = "user-agent keep-alive te trailers transfer-encoding upgrade age cache-control \
        clear-site-data expires pragma warning content-length content-type content-encoding \
        content-language content-location proxy-authenticate proxy-authorization x-amz-a x-amzn-a \
        x-google-a x-goog-a x-gfe-a x-azure-a x-fd-a webhook-id svix-id x-svix-a Host Connection \
        X-Amz-Date no:token no(token é";
    for name in names.split_whitespace().chain(["", "with space", "line\r\nbreak"]) {
        let body = json!({"headers": {name: "v"}});
        app.put(&path, body.clone()).await.invalid(&["body", "headers"]);
        app.patch(&path, body.clone()).await.invalid(&["body", "headers"]);
        let endpoint = json!({"url": "https://a.example", "headers": {name: "v"}});
        app.post(ENDPOINTS, endpoint).await.invalid(&["body", "headers"]);
    }
    for value in ["a\r\nx-injected: 1", "a\nb", "nul\0", "é", " padded", "\u{7f}"] {
        app.put(&path, json!({"headers": {"x-a": value}})).await.invalid(&["body", "headers"]);
    }
    app.put(&path, json!({"headers": {"X-A": "1", "x-a": "2"}})).await.invalid(&["body", "headers"]);
    let many: serde_json::Map<_, _> = (0..33).map(|n| (format!("x-{n}"), json!("v"))).collect();
    app.put(&path, json!({ "headers": many })).await.invalid(&["body", "headers"]);
    app.put(&path, json!({"headers": {"x-a": "v".repeat(9000)}})).await.invalid(&["body", "headers"]);
}
