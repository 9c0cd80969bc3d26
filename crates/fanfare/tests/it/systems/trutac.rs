//! TruTac: a SHA-1 signature, an event header, a wildcard, a ping.

use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha1::Sha1;

use super::{
    stage::{Stage, names},
    wire::Wire,
};

/// The sample of the guide, minified.
const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn tru_1_6_7_8_a_request_is_exact_to_the_byte() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["clocking"], "secret": "s3cr3t"})).await;
    wire.first().await;
    stage.post("clocking", CLOCKING).await;
    let raw = wire.requests(2).await.remove(1);
    assert_eq!(raw.text(), CLOCKING);
    assert_eq!(
        raw.head,
        format!(
            "POST /hook HTTP/1.1\nHost: {}\nTT-Hook-Signature: sha1=b6e18b57577bc054fb1864f0ddb56f380f3f8aa9\nContent-Type: application/json\nTT-Hook-Event: clocking\nContent-Length: 142",
            wire.host()
        )
    );
}

#[tokio::test]
async fn tru_10_an_endpoint_is_pinged_when_it_is_made_and_when_it_is_changed() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::open().await;
    let made = stage.endpoint(&wire, "main", json!({"eventTypes": ["clocking"], "secret": "s3cr3t"})).await;
    let ping = wire.first().await;
    let (id, url) = (made["id"].as_str().unwrap(), wire.url("/hook"));
    let told = |action: &str, events: &str| {
        format!(
            r#"{{"action":"{action}","hook":{{"id":"{id}","payloadUrl":"{url}","active":true,"events":{events}}}}}"#
        )
    };
    assert_eq!(ping.text(), told("created", r#"["clocking"]"#));
    assert_eq!(ping.header("TT-Hook-Event"), Some("ping"));
    assert_eq!(
        ping.header("TT-Hook-Signature"),
        Some(signature("s3cr3t", &ping.body).as_str()),
        "signed like the rest"
    );
    stage.api.patch("/app/acme/endpoint/main", json!({"eventTypes": ["*"]})).await.expect(200);
    assert_eq!(wire.requests(2).await[1].text(), told("updated", r#"["*"]"#));
    assert!(!names(&stage.catalogue().await).contains(&"ping"), "outside the subscription list");
}

#[tokio::test]
async fn tru_10_e3_a_failing_ping_disables_nothing_and_an_inactive_endpoint_gets_none() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::answering([410, 500]).await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["clocking"]})).await;
    wire.first().await;
    stage.post("clocking", CLOCKING).await;
    let raw = wire.requests(2).await;
    assert_eq!(raw[1].header("TT-Hook-Event"), Some("clocking"));
    assert_eq!(raw[1].header("TT-Hook-Signature"), None, "no secret, no signature");
    assert_eq!(stage.api.get("/app/acme/endpoint/main").await.expect(200)["disabled"], false);
    let quiet = Wire::open().await;
    stage.endpoint(&quiet, "quiet", json!({"eventTypes": ["clocking"], "disabled": true})).await;
    stage.post("clocking", CLOCKING).await;
    wire.requests(3).await;
    assert_eq!(quiet.so_far().len(), 0);
}

#[tokio::test]
async fn tru_3_4_5_the_wildcard_replaces_the_list_and_takes_what_comes_later() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["clocking"]})).await;
    let path = "/app/acme/endpoint/main";
    let all = stage.api.patch(path, json!({"eventTypes": ["clocking", "*"]})).await.expect(200);
    assert_eq!(all["eventTypes"], json!(["*"]));
    stage.api.post("/event-type", json!({"name": "tachograph", "description": "new"})).await.expect(201);
    stage.post("tachograph", "{}").await;
    let events: Vec<_> =
        wire.requests(3).await.iter().map(|raw| raw.header("TT-Hook-Event").unwrap().to_owned()).collect();
    assert_eq!(events.iter().filter(|event| *event == "tachograph").count(), 1, "{events:?}");
    let none = stage.api.patch(path, json!({"eventTypes": []})).await;
    assert_eq!(none.status, 422, "events must be chosen: {}", none.text);
}

#[tokio::test]
async fn tru_9_11_the_catalogue() {
    let stage = Stage::of("trutac").await;
    assert_eq!(names(&stage.catalogue().await), ["checksheet", "clocking"]);
}

#[tokio::test]
async fn tru_e2_a_payload_over_five_mebibytes_is_not_sent_and_the_log_says_so() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["clocking"]})).await;
    let frame = r#"{"text":""}"#.len();
    let payload = |size: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(size - frame));
    let just = stage.post("clocking", &payload(5_242_880)).await;
    assert_eq!(stage.ends(&just).await, ["succeeded"]);
    let over = stage.post("clocking", &payload(5_242_881)).await;
    assert_eq!(stage.ends(&over).await, ["skipped"]);
    let seen = stage.deliveries(&over, |_| true).await;
    assert_eq!(seen[0]["reason"], "too_large");
    assert_eq!(wire.so_far().len(), 2, "the ping and the first");
}

#[tokio::test]
async fn tru_e2_a_failure_is_final() {
    let stage = Stage::of("trutac").await;
    let wire = Wire::answering([200, 503]).await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["*"]})).await;
    wire.first().await;
    let message = stage.post("clocking", CLOCKING).await;
    assert_eq!(stage.ends(&message).await, ["failed"]);
    assert_eq!(stage.attempts(&message, 1).await.len(), 1);
}

#[tokio::test]
async fn tru_12_any_port_and_plain_http_and_certificates_may_be_let_pass() {
    let stage = Stage::of("trutac").await;
    let made = stage
        .try_endpoint("http://localhost:4567/payload", "a", json!({"eventTypes": ["*"], "disabled": true}))
        .await;
    let made = made.expect(201);
    assert_eq!(made.get("warnings"), None);
    let lax = json!({"eventTypes": ["*"], "disabled": true, "tls": {"verify": false}});
    let made = stage.try_endpoint("https://localhost:4567/", "b", lax).await.expect(201);
    assert_eq!(made["tls"]["verify"], false);
}
