//! Talview: the bare payload, told apart by URL.

use serde_json::json;

use super::{
    stage::{Stage, names},
    wire::Wire,
};

const CREATED: &str = "ae_test_instance_created";

#[tokio::test]
async fn tal_1_4_6_the_body_is_the_payload_and_nothing_names_the_event() {
    let stage = Stage::of("talview").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": [CREATED]})).await;
    let payload =
        r#"{ "id": 7, "old_id":null,"measured_at":"2023-11-01T10:00:00Z", "score":1.00, "nom":"Zoë" }"#;
    stage.post(CREATED, payload).await;
    let raw = wire.first().await;
    assert_eq!(raw.text(), payload);
    assert_eq!(
        raw.head,
        format!(
            "POST /hook HTTP/1.1\nHost: {}\nContent-Type: application/json\nContent-Length: {}",
            wire.host(),
            payload.len()
        )
    );
}

#[tokio::test]
async fn tal_2_3_the_catalogue_has_triggers_and_use_cases() {
    let stage = Stage::of("talview").await;
    let types = stage.catalogue().await;
    let all = names(&types);
    for name in [
        CREATED,
        "ae_test_instance_updated",
        "incident_instance_updated",
        "auth_user_created",
        "auth_user_updated",
        "form_form_instance_created",
        "pay_transaction_created",
        "pay_transaction_updated",
        "sch_meeting_created",
        "sch_meeting_updated",
    ] {
        assert!(all.contains(&name), "{name}");
    }
    assert!(!all.contains(&"incident_instance_created"));
    for kind in &types {
        assert!(kind["description"].as_str().is_some_and(|text| !text.is_empty()), "{kind}");
        assert!(kind["useCase"].as_str().is_some_and(|text| !text.is_empty()), "{kind}");
    }
}

#[tokio::test]
async fn tal_5_an_endpoint_may_ask_for_put_or_patch_and_nothing_else() {
    let stage = Stage::of("talview").await;
    for method in ["POST", "PUT", "PATCH"] {
        let wire = Wire::open().await;
        stage.endpoint(&wire, method, json!({"eventTypes": ["sch_meeting_updated"], "method": method})).await;
        stage.post("sch_meeting_updated", "{}").await;
        assert!(wire.first().await.head.starts_with(&format!("{method} /hook ")), "{method}");
    }
    for method in ["GET", "DELETE"] {
        let wish = json!({"eventTypes": [CREATED], "method": method});
        stage.try_endpoint("https://example.com/", "no", wish).await.expect_invalid("body.method");
    }
}

/// Talview's "transport" may be another one; there is only HTTP, and anything else is refused, not ignored.
#[tokio::test]
async fn tal_b3_http_is_the_only_transport() {
    let stage = Stage::of("talview").await;
    let wish = |transport: &str| json!({"eventTypes": [CREATED], "transport": transport});
    let refused = stage.try_endpoint("https://example.com/", "no", wish("sqs")).await;
    assert!(refused.text.contains("the only transport is `http`"), "{}", refused.text);
    refused.expect_invalid("body.transport");
    let made = stage.try_endpoint("https://example.com/", "yes", wish("http")).await.expect(201);
    let path = format!("/app/acme/endpoint/{}", made["id"].as_str().unwrap());
    stage.api.patch(&path, json!({"transport": "sqs"})).await.expect_invalid("body.transport");
    stage.api.patch(&path, json!({"transport": null, "description": "x"})).await.expect(200);
}

#[tokio::test]
async fn tal_5_an_applications_method_holds_where_an_endpoint_has_none() {
    let stage = Stage::of("talview").await;
    stage.api.patch("/app/acme", json!({"method": "PUT"})).await.expect(200);
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": [CREATED]})).await;
    stage.post(CREATED, "{}").await;
    assert!(wire.first().await.head.starts_with("PUT /hook "));
}

#[tokio::test]
async fn tal_b2_one_type_per_endpoint_in_either_spelling() {
    let stage = Stage::of("talview").await;
    let wire = Wire::open().await;
    for none in
        [json!({}), json!({"eventTypes": ["*"]}), json!({"eventTypes": [CREATED, "auth_user_created"]})]
    {
        stage.try_endpoint(&wire.url("/"), "no", none).await.expect_invalid("body.eventTypes");
    }
    let made = stage.endpoint(&wire, "main", json!({"eventTypes": ["auth.user.created"]})).await;
    assert_eq!(made["eventTypes"], json!(["auth_user_created"]), "the catalogue's own spelling");
    let message = stage.post("auth.user.created", "{}").await;
    assert_eq!(message["eventType"], "auth_user_created");
    wire.first().await;
}

#[tokio::test]
async fn tal_b2_what_is_not_for_customers_is_cut_and_all_else_stays_as_it_is() {
    let stage = Stage::of("talview").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": [CREATED]})).await;
    let payload = r#"{"tenant_id":9, "id":1 ,"rows":[{"n":1,"is_deleted":true},{"n":2, "is_deleted":false},{"n":3,"tenant_id":4}],"is_deleted":false,"deep":{"a":{"tenant_id":1}},"none":null}"#;
    stage.post(CREATED, payload).await;
    let raw = wire.first().await;
    let expected = json!({"id": 1, "rows": [{"n": 2}, {"n": 3}], "deep": {"a": {}}, "none": null});
    assert_eq!(raw.json(), expected, "{}", raw.text());
}

#[tokio::test]
async fn tal_b2_an_endpoint_can_be_disabled_and_an_event_sent_again() {
    let stage = Stage::of("talview").await;
    let wire = Wire::open().await;
    let made = stage.endpoint(&wire, "main", json!({"eventTypes": [CREATED]})).await;
    assert_eq!(made["warnings"].as_array().map(Vec::len), Some(1), "http is taken with a warning: {made}");
    let message = stage.post(CREATED, r#"{"a":1}"#).await;
    wire.first().await;
    let path = format!("/app/acme/msg/{}/endpoint/main/resend", message["id"].as_str().unwrap());
    stage.api.post(&path, json!({})).await;
    assert_eq!(wire.requests(2).await[1].text(), r#"{"a":1}"#);
    stage.api.patch("/app/acme/endpoint/main", json!({"disabled": true})).await.expect(200);
    let unsent = stage.post(CREATED, "{}").await;
    assert!(stage.deliveries(&unsent, |_| true).await.is_empty());
}
