//! JOFI: an envelope, a live and a test endpoint that only the operator configures, three ways to verify. More
//! of OAuth against a real authorization server is in the tests of `crates/outbound`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    authority::{Authority, CLIENT_SECRET},
    stage::{Stage, names},
    wire::Wire,
};

const CREATED: &str = "test_taker.created";
const PAYLOAD: &str =
    r#"{"object":"test_taker","id":4711,"invitation_created_at":"2026-02-03T12:41:35.034681+00:00"}"#;

/// Endpoints of JOFI are https only, and the tests' receivers are not: so the profile as it is, but for that.
async fn stage() -> Stage {
    let text = include_str!("../../../../core/profiles/jofi.toml");
    let free = text.replace("https = \"required\"", "https = \"free\"");
    assert_ne!(text, free, "the rule is there");
    Stage::of_text("jofi", &free).await
}

#[tokio::test]
async fn jof_6_10_d2_a_request_is_exact_to_the_byte() {
    let stage = stage().await;
    let wire = Wire::open().await;
    let auth = json!({"type": "basic", "username": "user", "password": "pass"});
    stage.endpoint(&wire, "live", json!({"auth": auth})).await;
    stage.post(CREATED, PAYLOAD).await;
    let raw = wire.first().await;
    let event = raw.json();
    let (id, time) = (event["id"].as_str().unwrap(), event["created_at"].as_str().unwrap());
    assert!(id.starts_with("evt_") && time.len() == "2026-02-03T12:43:36.744Z".len(), "{event}");
    let url = wire.url("/hook");
    assert_eq!(
        raw.text(),
        format!(
            r#"{{"id":"{id}","type":"test_taker.created","object":"event","created_at":"{time}","api_version":"2.3.0","data":{{"object":{PAYLOAD}}},"webhook_url":"{url}","webhook_verification_method":"basic"}}"#
        )
    );
    assert_eq!(raw.header("Authorization"), Some(format!("Basic {}", STANDARD.encode("user:pass")).as_str()));
    assert!(raw.head.starts_with("POST /hook HTTP/1.1\n"));
}

#[tokio::test]
async fn jof_8_the_signature_is_over_the_body_as_it_is_sent() {
    let stage = stage().await;
    let wire = Wire::answering([500]).await;
    let fields = json!({"secret": "shared", "retrySchedule": [0]});
    stage.endpoint(&wire, "live", fields).await;
    stage.post(CREATED, PAYLOAD).await;
    let requests = wire.requests(2).await;
    for raw in &requests {
        let mac = Hmac::<Sha256>::new_from_slice(b"shared").unwrap().chain_update(&raw.body);
        let expected = hex::encode(mac.finalize().into_bytes());
        assert_eq!(raw.header("X-JOFI-Signature"), Some(expected.as_str()), "{}", raw.head);
        assert_eq!(raw.json()["webhook_verification_method"], "hmac");
    }
    assert_eq!(requests[0].json()["id"], requests[1].json()["id"], "an event keeps its id");
}

#[tokio::test]
async fn jof_1_an_account_has_one_live_and_one_test_endpoint() {
    let stage = Stage::of("jofi").await;
    for (uid, mode) in [("live", "live"), ("test", "test")] {
        stage.try_endpoint("https://example.com/", uid, json!({"mode": mode})).await.expect(201);
    }
    for mode in ["live", "test"] {
        let second = stage.try_endpoint("https://example.com/", "second", json!({"mode": mode})).await;
        let problem = second.expect(422);
        assert!(problem.to_string().contains("jofi"), "the rule is named: {problem}");
    }
}

#[tokio::test]
async fn jof_2_3_the_test_endpoint_gets_only_what_an_operator_sends() {
    let stage = stage().await;
    let (live, test) = (Wire::open().await, Wire::open().await);
    stage.endpoint(&live, "live", json!({})).await;
    stage.endpoint(&test, "test", json!({"mode": "test"})).await;
    stage.post(CREATED, PAYLOAD).await;
    live.first().await;
    assert_eq!(test.so_far().len(), 0);
    let access = stage.api.post("/auth/app-portal-access/acme", json!({})).await.expect(200);
    let customer = stage.server.api_as(access["token"].as_str().unwrap());
    let example = "/app/acme/endpoint/test/send-example";
    assert_eq!(customer.post(example, json!({"eventType": CREATED})).await.status, 403);
    stage.api.post(example, json!({"eventType": CREATED})).await.expect(200);
    assert_eq!(test.first().await.json()["type"], CREATED);
    assert_eq!(live.so_far().len(), 1);
}

#[tokio::test]
async fn jof_4_a_test_key_records_nothing_and_sends_nothing() {
    let stage = stage().await;
    let wire = Wire::open().await;
    let auth = json!({"type": "basic", "username": "user", "password": "pass"});
    stage.endpoint(&wire, "live", json!({"auth": auth})).await;
    let made = stage.server.run(&["key", "create", "--env", "jofi", "--mode", "test"]);
    let key = made.stdout.trim();
    assert!(key.starts_with("sk_test_"), "{made:?}");
    let api = stage.server.api_as(key);
    let body = json!({"eventType": CREATED, "payload": {"id": 1}});
    let answer = api.post("/app/acme/msg", body).await.expect(200);
    let requests = answer["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 1, "{answer}");
    assert!(!answer.to_string().contains(&STANDARD.encode("user:pass")), "{answer}");
    assert_eq!(stage.api.get("/app/acme/msg").await.expect(200)["data"], json!([]));
    assert_eq!(api.post("/app", json!({"name": "no"})).await.status, 403);
    assert_eq!(wire.so_far().len(), 0);
}

#[tokio::test]
async fn jof_5_only_the_operator_configures_and_only_https() {
    let stage = Stage::of("jofi").await;
    let refused = stage.try_endpoint("http://example.com/", "live", json!({})).await;
    refused.expect_invalid("body.url");
    stage.try_endpoint("https://example.com/", "live", json!({})).await.expect(201);
    let access = stage.api.post("/auth/app-portal-access/acme", json!({})).await.expect(200);
    let customer = stage.server.api_as(access["token"].as_str().unwrap());
    customer.get("/app/acme/endpoint/live").await.expect(200);
    for refused in [
        customer.post("/app/acme/endpoint", json!({"url": "https://example.com/"})).await,
        customer.patch("/app/acme/endpoint/live", json!({"description": "mine"})).await,
        customer.delete("/app/acme/endpoint/live").await,
    ] {
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(refused.text.contains("jofi"), "the rule is named: {}", refused.text);
    }
}

#[tokio::test]
async fn jof_7_9_three_methods_of_verification_and_no_other() {
    let stage = Stage::of("jofi").await;
    let oauth = json!({"type": "oauth2", "tokenUrl": "https://login.example.com/token", "clientId": "id", "clientSecret": "s3cr3t"});
    let made = stage.try_endpoint("https://example.com/", "live", json!({"auth": oauth})).await.expect(201);
    assert_eq!(made["auth"]["tokenUrl"], "https://login.example.com/token");
    assert!(!made.to_string().contains("s3cr3t"), "{made}");
    for other in
        [json!({"type": "bearer", "token": "t"}), json!({"type": "header", "name": "x", "value": "v"})]
    {
        let answer = stage.api.patch("/app/acme/endpoint/live", json!({"auth": other})).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
    }
    let insecure = json!({"type": "oauth2", "tokenUrl": "http://login.example.com/token", "clientId": "id", "clientSecret": "s"});
    assert_eq!(stage.api.patch("/app/acme/endpoint/live", json!({"auth": insecure})).await.status, 422);
}

#[tokio::test]
async fn jof_9_a_token_comes_from_the_customers_server_or_nothing_is_sent() {
    let (stage, wire, mut authority) = (stage().await, Wire::open().await, Authority::start().await);
    let fields = json!({"auth": authority.auth(CLIENT_SECRET), "retrySchedule": []});
    let made = stage.endpoint(&wire, "live", fields).await;
    assert!(!made.to_string().contains("s/e"), "{made}");
    let sent = stage.post(CREATED, PAYLOAD).await;
    let raw = wire.first().await;
    assert_eq!(raw.json()["webhook_verification_method"], "oauth");
    let token = raw.header("Authorization").unwrap().strip_prefix("Bearer ").unwrap();
    assert_eq!(authority.check(token).await, json!({"client": "in:basic", "scope": "read"}));
    let logged = stage.attempts(&sent, 1).await;
    assert!(!json!(logged).to_string().contains(token), "{logged:?}");
    let wrong = json!({"auth": authority.auth("wr0ng")});
    stage.api.patch("/app/acme/endpoint/live", wrong).await.expect(200);
    let failed = stage.post(CREATED, PAYLOAD).await;
    assert_eq!(stage.ends(&failed).await, ["failed"]);
    let told = json!(stage.attempts(&failed, 1).await).to_string();
    assert!(told.contains("no access token: 127.0.0.1 answered 401 (invalid_client)"), "{told}");
    assert_eq!(wire.so_far().len(), 1, "without a token the endpoint is not called");
    let log = stage.server.log();
    assert!(!log.contains(token) && !log.contains("wr0ng") && !log.contains("s/e"), "{log}");
}

#[tokio::test]
async fn jof_11_no_credential_lies_open_on_the_disk() {
    let mut stage = stage().await;
    let wire = Wire::open().await;
    let auth = json!({"type": "basic", "username": "corvus-user", "password": "corvus-pass"});
    stage.endpoint(&wire, "live", json!({"auth": auth, "secret": "corvus-secret"})).await;
    stage.post(CREATED, PAYLOAD).await;
    wire.first().await;
    assert!(stage.server.stop().await.success());
    let files: Vec<_> =
        std::fs::read_dir(stage.server.data()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        for text in ["corvus-", &STANDARD.encode("corvus-user:corvus-pass")] {
            assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{text} in {file:?}");
        }
    }
    assert!(!stage.server.log().contains("corvus-"));
}

#[tokio::test]
async fn jof_12_d2_the_catalogue_and_the_switch() {
    let stage = stage().await;
    let mut all: Vec<Value> = stage.catalogue().await;
    all.retain(|kind| kind["archived"] == false);
    assert_eq!(
        names(&all),
        [
            "career_navigation_profile.created",
            "invitation.accepted",
            "invitation.created",
            "test_taker.assessment_completed",
            CREATED
        ]
    );
    let wire = Wire::open().await;
    stage.endpoint(&wire, "live", json!({})).await;
    stage.api.patch("/app/acme", json!({"webhooksEnabled": false})).await.expect(200);
    let unsent = stage.post(CREATED, PAYLOAD).await;
    assert!(stage.deliveries(&unsent, |_| true).await.is_empty(), "not queued while off");
    stage.api.patch("/app/acme", json!({"webhooksEnabled": true})).await.expect(200);
    stage.post(CREATED, r#"{"object":"test_taker","id":2}"#).await;
    assert_eq!(wire.first().await.json()["data"]["object"]["id"], 2);
    let chosen = stage.api.patch("/app/acme/endpoint/live", json!({"eventTypes": [CREATED]})).await;
    assert_eq!(chosen.status, 422, "all events go to the live endpoint: {}", chosen.text);
}
