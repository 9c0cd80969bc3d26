use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_resend_is_a_manual_attempt() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let attempts = format!("/api/v1/app/acme/attempt/msg/{message}");
    app.until(&attempts, |list| list["data"] != json!([])).await;
    let path = format!("/api/v1/app/acme/msg/{message}/endpoint/{endpoint}/resend");
    assert_eq!(app.post(&path, json!({})).await.json(202).0, json!({}));
    let both = app.until(&attempts, |list| list["data"].as_array().is_some_and(|all| all.len() == 2)).await;
    assert_eq!(both["data"][0]["triggerType"], 1);
    assert_eq!(both["data"][1]["triggerType"], 0);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_got_it_can() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let message = app.message("acme", "a.b").await;
    let endpoint = app.endpoint("acme", json!({"uid": "late"})).await;
    app.post_bytes(&format!("/api/v1/app/acme/msg/{message}/endpoint/late/resend"), "").await.json(202);
    app.network.sent(1).await;
    let list = format!("/api/v1/app/acme/msg/{message}/endpoint");
    app.until(&list, |list| list["data"][0]["id"] == endpoint && list["data"][0]["status"] == 0).await;
    let base = "/api/v1/app/acme/msg";
    let unknown = format!("{base}/msg_1srOrx2ZWZBpBUvZwXKQmoEYga2/endpoint/late/resend");
    app.post(&unknown, json!({})).await.refused(404, "not_found");
    app.post(&format!("{base}/{message}/endpoint/none/resend"), json!({})).await.refused(404, "not_found");
}
