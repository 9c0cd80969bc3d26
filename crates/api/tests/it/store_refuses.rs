//! A store that cannot write: no acknowledgement, a clear answer, and everything works again afterwards.

use fanfare_core::ports::store::StoreResult;
use serde_json::json;

use crate::TestApp;

async fn fill(app: &TestApp) -> StoreResult<()> {
    app.store.limit_pages(1).await
}

async fn free(app: &TestApp) -> StoreResult<()> {
    app.store.limit_pages(1_000_000).await
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_503_and_passes() {
    let app = TestApp::start().await;
    app.application("acme").await;
    fill(&app).await.unwrap();
    let big = json!({"eventType": "a.b", "payload": {"x": "x".repeat(200_000)}});
    let reply = app.post("/api/v1/app/acme/msg", big.clone()).await;
    reply.refused(503, "store_unavailable");
    assert_eq!(reply.headers["retry-after"], "1");
    let metadata = json!({"x": "x".repeat(15_000)});
    let mut refused = 0;
    for _ in 0..20 {
        let body = json!({"name": "B", "metadata": metadata});
        refused += u32::from(app.post("/api/v1/app", body).await.status == 503);
    }
    assert!(refused > 0);
    free(&app).await.unwrap();
    app.post("/api/v1/app/acme/msg", big).await.json(202);
    assert_eq!(app.get("/api/v1/app/acme/msg").await.json(200)["data"].as_array().unwrap().len(), 1);
}
