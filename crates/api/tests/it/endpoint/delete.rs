use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_gone_but_past_deliveries_show_it() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({"uid": "main"})).await;
    let message = app.message("acme", "a.b").await;
    let destinations = format!("/api/v1/app/acme/msg/{message}/endpoint");
    app.until(&destinations, |list| list["data"][0]["status"] == 0).await;
    app.delete(&format!("{ENDPOINTS}/main")).await.empty(204);
    app.get(&format!("{ENDPOINTS}/{id}")).await.refused(404, "not_found");
    app.delete(&format!("{ENDPOINTS}/main")).await.refused(404, "not_found");
    assert_eq!(app.get(&destinations).await.json(200)["data"][0]["id"], id);
    assert_ne!(app.endpoint("acme", json!({"uid": "main"})).await, id);
}
