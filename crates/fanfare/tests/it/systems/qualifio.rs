//! Qualifio: the bare participation, one header of the customer's, a signature, seven retries, then blocked.
//! The hour that an incomplete participation waits runs on simulated time, in the engine's tests.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    stage::{Stage, names},
    wire::{Raw, Wire},
};
use crate::receiver::unix_seconds;

const COMPLETED: &str = "participation.completed";
const PAYLOAD: &str =
    r#"{"id":"5F0C","state":"COMPLETED","form":[{"label":"Prénom","responses":[{"value":"Zoé 🎉"}]}]}"#;

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn custom() -> Value {
    json!({"type": "header", "name": "x-test-authorization-header", "value": "123456ots"})
}

#[tokio::test]
async fn qua_2_3_7_8_9_a_request_is_exact_to_the_byte() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"auth": custom(), "secret": "s3cr3t"})).await;
    stage.post(COMPLETED, PAYLOAD).await;
    let raw = wire.first().await;
    assert_eq!(raw.text(), PAYLOAD);
    assert_eq!(
        raw.head,
        format!(
            "POST /hook HTTP/1.1\nHost: {}\nContent-Type: application/json\nX-Qualifio-Signature: {}\nx-test-authorization-header: 123456ots\nContent-Length: {}",
            wire.host(),
            signature("s3cr3t", &raw.body),
            raw.body.len()
        )
    );
}

#[tokio::test]
async fn qua_7_8_each_kind_of_authentication_with_and_without_a_secret() {
    let stage = Stage::of("qualifio").await;
    let kinds = [
        (
            json!({"type": "basic", "username": "user", "password": "pass"}),
            "Authorization",
            "Basic dXNlcjpwYXNz",
        ),
        (json!({"type": "bearer", "token": "abc"}), "Authorization", "Bearer abc"),
        (json!({"type": "header", "name": "X-Api-Token", "value": "123456ots"}), "X-Api-Token", "123456ots"),
    ];
    for (auth, name, value) in kinds {
        for secret in [None, Some("clef")] {
            let wire = Wire::open().await;
            let made = stage.endpoint(&wire, "main", json!({"auth": auth, "secret": secret})).await;
            assert_eq!(made["auth"]["type"], auth["type"]);
            assert!(!made.to_string().contains(value.rsplit(' ').next().unwrap()), "{made}");
            stage.post(COMPLETED, PAYLOAD).await;
            let raw = wire.first().await;
            assert_eq!(raw.header(name), Some(value), "{}", raw.head);
            let signed = secret.map(|secret| signature(secret, &raw.body));
            assert_eq!(raw.header("X-Qualifio-Signature"), signed.as_deref(), "{}", raw.head);
            stage.api.delete("/app/acme/endpoint/main").await.expect(204);
        }
    }
}

#[tokio::test]
async fn qua_1_the_catalogue_is_one_trigger_in_two_states() {
    let stage = Stage::of("qualifio").await;
    assert_eq!(names(&stage.catalogue().await), [COMPLETED, "participation.incomplete"]);
}

#[tokio::test]
async fn qua_10_any_2xx_is_a_success() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::answering([200, 201, 204, 299]).await;
    stage.endpoint(&wire, "main", json!({})).await;
    for _ in 0..4 {
        let message = stage.post(COMPLETED, "{}").await;
        assert_eq!(stage.ends(&message).await, ["succeeded"]);
    }
}

#[tokio::test]
async fn qua_11_a_request_is_repeated_seven_times_and_then_blocked_whatever_the_code() {
    let stage = Stage::of("qualifio").await;
    let codes = [301, 400, 401, 410, 429, 500, 503, 410];
    let wire = Wire::answering(codes).await;
    stage.endpoint(&wire, "main", json!({"retrySchedule": [0, 0, 0, 0, 0, 0, 0]})).await;
    let message = stage.post(COMPLETED, PAYLOAD).await;
    assert_eq!(stage.ends(&message).await, ["blocked"]);
    let bodies: Vec<_> = wire.so_far().iter().map(|raw: &Raw| raw.text().to_owned()).collect();
    assert_eq!(bodies, [PAYLOAD; 8], "1 + 7 requests");
    assert_eq!(stage.api.get("/app/acme/endpoint/main").await.expect(200)["disabled"], false);
    let next = stage.post(COMPLETED, PAYLOAD).await;
    assert_eq!(stage.ends(&next).await, ["succeeded"], "the endpoint stays on");
}

#[tokio::test]
async fn qua_4_5_an_incomplete_participation_waits_and_gives_way_to_the_complete_one() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({})).await;
    let started = jiff::Timestamp::from_second(unix_seconds().cast_signed()).unwrap();
    let incomplete = format!(r#"{{"id":"P1","startedAt":"{started}"}}"#);
    let waiting = stage.post("participation.incomplete", &incomplete).await;
    let seen = stage.deliveries(&waiting, |all| all.len() == 1).await;
    assert_eq!(seen[0]["state"], "scheduled");
    let next: jiff::Timestamp = seen[0]["nextAttempt"].as_str().unwrap().parse().unwrap();
    assert_eq!(next.duration_since(started).as_mins(), 60, "an hour after its start");
    let complete = stage.post(COMPLETED, r#"{"id":"P1"}"#).await;
    assert_eq!(stage.ends(&complete).await, ["succeeded"], "at once");
    let seen = stage.deliveries(&waiting, |_| true).await;
    assert_eq!((&seen[0]["state"], &seen[0]["reason"]), (&json!("cancelled"), &json!("superseded")));
    let late = stage.post("participation.incomplete", &incomplete).await;
    assert_eq!(stage.ends(&late).await, ["cancelled"], "its complete one came before");
    assert_eq!(wire.so_far().len(), 1);
}

#[tokio::test]
async fn qua_6_push_rules_are_filters_over_the_participation() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::open().await;
    let filter = "event.type == 'participation.completed' && payload.campaign.id == 7";
    stage.endpoint(&wire, "main", json!({"filter": filter})).await;
    let other = stage.post(COMPLETED, r#"{"id":"a","campaign":{"id":8}}"#).await;
    let none = stage.post(COMPLETED, r#"{"id":"b"}"#).await;
    stage.post(COMPLETED, r#"{"id":"c","campaign":{"id":7}}"#).await;
    assert_eq!(wire.first().await.json()["id"], "c");
    for unwanted in [other, none] {
        assert!(stage.deliveries(&unwanted, |_| true).await.is_empty());
    }
}

#[tokio::test]
async fn qua_c2_one_endpoint_per_account_and_one_per_website() {
    let stage = Stage::of("qualifio").await;
    let (account, website) = (Wire::open().await, Wire::open().await);
    stage.endpoint(&account, "account", json!({})).await;
    stage.endpoint(&website, "site", json!({"scope": "17"})).await;
    let again = stage.try_endpoint(&account.url("/"), "again", json!({})).await.expect(422);
    assert!(again.to_string().contains("qualifio"), "the rule is named: {again}");
    stage.try_endpoint(&account.url("/"), "again", json!({"scope": "17"})).await.expect(422);
    let at = |website: u32| {
        format!(r#"{{"id":"{website}","campaign":{{"channel":{{"website":{{"id":{website}}}}}}}}}"#)
    };
    stage.post(COMPLETED, &at(17)).await;
    stage.post(COMPLETED, &at(18)).await;
    assert_eq!(account.requests(2).await.len(), 2, "the account's gets all");
    assert_eq!(website.first().await.json()["id"], "17");
    assert_eq!(website.so_far().len(), 1, "the website's gets its own");
}

#[tokio::test]
async fn qua_12_c2_http_is_taken_with_a_warning() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::open().await;
    let made = stage.endpoint(&wire, "main", json!({})).await;
    assert!(made["warnings"][0].as_str().is_some_and(|text| text.contains("https")), "{made}");
    let secure = stage.try_endpoint("https://example.com/", "s", json!({"scope": "1"})).await.expect(201);
    assert_eq!(secure.get("warnings"), None);
}

#[tokio::test]
async fn qua_8_for_thirty_minutes_after_a_rotation_the_old_secret_may_sign() {
    let stage = Stage::of("qualifio").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"secret": "before"})).await;
    stage.api.post("/app/acme/endpoint/main/secret/rotate", json!({"key": "after"})).await.expect(204);
    stage.post(COMPLETED, PAYLOAD).await;
    let raw = wire.first().await;
    assert_eq!(raw.header("X-Qualifio-Signature"), Some(signature("before", &raw.body).as_str()));
}
