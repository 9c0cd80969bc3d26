use serde_json::json;

use super::MESSAGES;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_message_is_found_by_id_and_by_event_id() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    let body = json!({"eventType": "a.b", "payload": {}, "eventId": "evt-1"});
    let id = app.post(MESSAGES, body).await.json(202).id();
    assert_eq!(app.get(&format!("{MESSAGES}/{id}")).await.json(200).id(), id);
    assert_eq!(app.get(&format!("{MESSAGES}/evt-1")).await.json(200).id(), id);
    app.get(&format!("{MESSAGES}/evt-2")).await.refused(404, "not_found");
    app.get(&format!("/api/v1/app/other/msg/{id}")).await.refused(404, "not_found");
    app.get("/api/v1/app/other/msg/evt-1").await.refused(404, "not_found");
    app.get(&format!("{MESSAGES}/evt-1/endpoint")).await.json(200);
    app.get("/api/v1/app/acme/attempt/msg/evt-1").await.json(200);
}
