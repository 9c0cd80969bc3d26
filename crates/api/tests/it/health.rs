use http::{Method, Request};

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn health_needs_no_key() {
    let app = TestApp::start().await;
    for path in ["/api/v1/health", "/api/v1/health/", "/api/v1/health/ping", "/api/v1/health/ping/"] {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder().method(method).uri(path);
            app.send(request.body(axum::body::Body::empty()).unwrap()).await.empty(204);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_and_methods_are_json_too() {
    let app = TestApp::start().await;
    app.get("/api/v1/nothing").await.refused(404, "not_found");
    app.get("/api/v2/app").await.refused(404, "not_found");
    app.delete("/api/v1/app").await.refused(405, "method_not_allowed");
}
