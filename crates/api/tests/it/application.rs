mod create;
mod delete;
mod method;
mod patch;
mod update;
mod webhooks_enabled;

use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_application_is_found_by_id_and_by_uid() {
    let app = TestApp::start().await;
    let id = app.application("acme").await;
    assert_eq!(app.get(&format!("/api/v1/app/{id}")).await.json(200)["uid"], "acme");
    assert_eq!(app.get("/api/v1/app/acme").await.json(200).id(), id);
    assert_eq!(app.get("/api/v1/app/acme/").await.json(200).id(), id);
    app.get("/api/v1/app/nobody").await.refused(404, "not_found");
    app.get("/api/v1/app/%ff").await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn an_application_shows_both_generations_of_names() {
    let app = TestApp::start().await;
    let body = json!({"name": "Acme", "rateLimit": 7, "metadata": {"plan": "gold"}});
    let made = app.post("/api/v1/app", body).await.json(201);
    assert_eq!(made["rateLimit"], 7);
    assert_eq!(made["throttleRate"], 7);
    assert_eq!(made["metadata"]["plan"], "gold");
    assert_eq!(made["createdAt"], "2026-11-21T05:00:00.000Z");
    assert_eq!(made["updatedAt"], made["createdAt"]);
    let other = app.post("/api/v1/app", json!({"name": "B", "throttleRate": 8})).await.json(201);
    assert_eq!(other["rateLimit"], 8);
}
