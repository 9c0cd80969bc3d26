use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_erased_response_says_so() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let list = format!("/api/v1/app/acme/attempt/msg/{message}");
    let attempt = app.until(&list, |list| list["data"] != json!([])).await["data"][0]["id"].clone();
    let path = format!("/api/v1/app/acme/msg/{message}/attempt/{}", attempt.as_str().unwrap());
    assert_eq!(app.get(&path).await.json(200)["response"], "ok");
    app.delete(&format!("{path}/content")).await.empty(204);
    assert_eq!(app.get(&path).await.json(200)["response"], "EXPUNGED");
    app.delete(&format!("/api/v1/app/acme/msg/{message}/attempt/nothing/content"))
        .await
        .refused(404, "not_found");
}
