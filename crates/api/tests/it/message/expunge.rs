use serde_json::json;

use super::MESSAGES;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_erased_payload_says_so_and_cannot_be_sent_again() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let id = app.message("acme", "a.b").await;
    app.network.sent(1).await;
    let path = format!("{MESSAGES}/{id}");
    app.delete(&format!("{path}/content")).await.empty(204);
    assert!(app.get(&path).await.text().contains(r#""payload":{"expired":true}"#));
    assert_eq!(app.get(MESSAGES).await.json(200)["data"][0]["payload"], json!({"expired": true}));
    let resend = format!("{path}/endpoint/{endpoint}/resend");
    app.post(&resend, json!({})).await.refused(409, "conflict");
    app.delete(&format!("{MESSAGES}/nothing/content")).await.refused(404, "not_found");
}
