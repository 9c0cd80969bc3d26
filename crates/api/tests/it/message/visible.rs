//! What customers are shown of messages (TAL).

use http::Method;
use serde_json::json;

use super::MESSAGES;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn tal_b2_a_customer_reads_messages_as_its_endpoints_get_them() {
    let app = TestApp::of("talview").await;
    app.application("acme").await;
    app.event_type("interview_scheduled").await;
    app.endpoint("acme", json!({"uid": "main", "eventTypes": ["interview_scheduled"]})).await;
    let payload =
        json!({"id": 1, "tenant_id": 9, "rows": [{"is_deleted": true, "n": 1}, {"n": 2, "tenant_id": 9}]});
    let body = json!({"eventType": "interview_scheduled", "payload": payload});
    let made = app.post(MESSAGES, body).await.json(202);
    app.network.sent(1).await;
    let customer = app.portal("acme", &[]).await;
    let one = format!("{MESSAGES}/{}", made["id"].as_str().unwrap());
    let of_endpoint = "/api/v1/app/acme/endpoint/main/msg";
    let shown = json!({"id": 1, "rows": [{"n": 2}]});
    for (path, place) in
        [(one.as_str(), "/payload"), (MESSAGES, "/data/0/payload"), (of_endpoint, "/data/0/payload")]
    {
        let seen = app.call(Method::GET, path, &customer, None).await.json(200);
        assert_eq!(seen.pointer(place), Some(&shown), "{path}");
        let whole = app.get(path).await.json(200);
        assert_eq!(whole.pointer(place), Some(&payload), "the platform reads what it posted: {path}");
    }
}
