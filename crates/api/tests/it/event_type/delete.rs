use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_archived_type_takes_no_messages_and_comes_back() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    app.delete("/api/v1/event-type/a.b").await.empty(204);
    assert_eq!(app.get("/api/v1/event-type").await.json(200)["data"], json!([]));
    let all = app.get("/api/v1/event-type?include_archived=true").await.json(200);
    assert_eq!(all["data"][0]["archived"], true);
    assert_eq!(app.get("/api/v1/event-type/a.b").await.json(200)["archived"], true);
    let body = json!({"eventType": "a.b", "payload": {}});
    app.post("/api/v1/app/acme/msg", body).await.invalid(&["body", "eventType"]);
    app.event_type("a.b").await;
    app.message("acme", "a.b").await;
}

#[tokio::test(start_paused = true)]
async fn an_expunged_type_is_gone() {
    let app = TestApp::start().await;
    app.event_type("a.b").await;
    app.delete("/api/v1/event-type/a.b?expunge=true").await.empty(204);
    app.get("/api/v1/event-type/a.b").await.refused(404, "not_found");
    app.delete("/api/v1/event-type/a.b").await.refused(404, "not_found");
    app.delete("/api/v1/event-type/a.b?expunge=perhaps").await.invalid(&["query", "expunge"]);
}
