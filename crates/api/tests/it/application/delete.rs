use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_gone_and_its_uid_free() {
    let app = TestApp::start().await;
    let id = app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    app.message("acme", "a.b").await;
    app.network.sent(1).await;
    app.delete("/api/v1/app/acme").await.empty(204);
    app.get(&format!("/api/v1/app/{id}")).await.refused(404, "not_found");
    app.get(&format!("/api/v1/app/{id}/endpoint")).await.refused(404, "not_found");
    let body = json!({"eventType": "a", "payload": {}});
    app.post("/api/v1/app/acme/msg", body).await.refused(404, "not_found");
    app.delete("/api/v1/app/acme").await.refused(404, "not_found");
    assert_ne!(app.application("acme").await, id);
}
