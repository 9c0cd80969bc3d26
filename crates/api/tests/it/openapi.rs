//! Our own description: complete, stable, and true to the routes.

use std::collections::BTreeSet;

use http::{Method, Request};
use serde_json::Value;

use crate::TestApp;

/// The operations of the reference: method, path, success, operation id.
const REFERENCE: &str = "
    GET    /app                                                200     v1.application.list
    POST   /app                                                200,201 v1.application.create
    DELETE /app/{app_id}                                       204     v1.application.delete
    GET    /app/{app_id}                                       200     v1.application.get
    PATCH  /app/{app_id}                                       200     patch_application
    PUT    /app/{app_id}                                       200,201 v1.application.update
    GET    /app/{app_id}/attempt/endpoint/{endpoint_id}        200     v1.message-attempt.list-by-endpoint
    GET    /app/{app_id}/attempt/msg/{msg_id}                  200     v1.message-attempt.list-by-msg
    GET    /app/{app_id}/endpoint                              200     v1.endpoint.list
    POST   /app/{app_id}/endpoint                              201     v1.endpoint.create
    DELETE /app/{app_id}/endpoint/{endpoint_id}                204     v1.endpoint.delete
    GET    /app/{app_id}/endpoint/{endpoint_id}                200     v1.endpoint.get
    PATCH  /app/{app_id}/endpoint/{endpoint_id}                200     patch_endpoint
    PUT    /app/{app_id}/endpoint/{endpoint_id}                200,201 v1.endpoint.update
    GET    /app/{app_id}/endpoint/{endpoint_id}/headers        200     v1.endpoint.get-headers
    PATCH  /app/{app_id}/endpoint/{endpoint_id}/headers        204     v1.endpoint.patch-headers
    PUT    /app/{app_id}/endpoint/{endpoint_id}/headers        204     v1.endpoint.update-headers
    GET    /app/{app_id}/endpoint/{endpoint_id}/msg            200     v1.message-attempt.list-attempted-messages
    POST   /app/{app_id}/endpoint/{endpoint_id}/recover        202     v1.endpoint.recover
    GET    /app/{app_id}/endpoint/{endpoint_id}/secret         200     v1.endpoint.get-secret
    POST   /app/{app_id}/endpoint/{endpoint_id}/secret/rotate  200,204 v1.endpoint.rotate-secret
    POST   /app/{app_id}/endpoint/{endpoint_id}/send-example   200     v1.endpoint.send-example
    GET    /app/{app_id}/endpoint/{endpoint_id}/stats          200     v1.endpoint.get-stats
    GET    /app/{app_id}/msg                                   200     v1.message.list
    POST   /app/{app_id}/msg                                   200,202 v1.message.create
    GET    /app/{app_id}/msg/{msg_id}                          200     v1.message.get
    GET    /app/{app_id}/msg/{msg_id}/attempt/{attempt_id}     200     v1.message-attempt.get
    DELETE /app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content 204 v1.message-attempt.expunge-content
    DELETE /app/{app_id}/msg/{msg_id}/content                  204     v1.message.expunge-content
    GET    /app/{app_id}/msg/{msg_id}/endpoint                 200     v1.message-attempt.list-attempted-destinations
    POST   /app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend 202 v1.message-attempt.resend
    POST   /auth/app-portal-access/{app_id}                    200     v1.authentication.app-portal-access
    POST   /auth/logout                                        204     logout_api_v1_auth_logout__post
    GET    /event-type                                         200     v1.event-type.list
    POST   /event-type                                         201     v1.event-type.create
    DELETE /event-type/{event_type_name}                       204     v1.event-type.delete
    GET    /event-type/{event_type_name}                       200     v1.event-type.get
    PATCH  /event-type/{event_type_name}                       200     patch_event_type
    PUT    /event-type/{event_type_name}                       200,201 v1.event-type.update
    GET    /health                                             204     v1.health.get
    HEAD   /health                                             204     v1.health.get
    GET    /health/ping                                        204     v1.health.ping
    HEAD   /health/ping                                        204     v1.health.ping
";

async fn document(app: &TestApp) -> Value {
    let request = Request::builder().uri("/api/v1/openapi.json").body(axum::body::Body::empty()).unwrap();
    app.send(request).await.json(200).0
}

#[tokio::test(start_paused = true)]
async fn every_operation_of_the_reference_is_described() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    for line in REFERENCE.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [method, path, statuses, id] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let operation = &document["paths"][format!("/api/v1{path}")][method.to_lowercase()];
        assert_eq!(operation["operationId"], id, "{line}");
        let described = operation["responses"].as_object().unwrap().keys();
        let successes: BTreeSet<&str> =
            described.map(String::as_str).filter(|status| status.starts_with('2')).collect();
        assert_eq!(successes, statuses.split(',').collect(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_described_operation_is_routed_with_and_without_a_slash() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let mut routed = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace(['{', '}'], "");
            for path in [path.clone(), format!("{path}/")] {
                let request = Request::builder().method(method.clone()).uri(&path);
                let reply = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
                let open = path.starts_with("/api/v1/health");
                assert_eq!(reply.status.as_u16(), if open { 204 } else { 401 }, "{method} {path}");
                routed += 1;
            }
        }
    }
    assert!(routed > 2 * 45);
}

#[tokio::test(start_paused = true)]
async fn every_reference_within_the_document_leads_somewhere() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let text = document.to_string();
    for (at, _) in text.match_indices(r##""$ref":"#"##) {
        let pointer = text[at + 9..].split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_changes_only_on_purpose() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document).unwrap());
}
