use std::time::Duration;

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::ENDPOINTS;
use crate::{TestApp, app::header};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn path(app: &TestApp, secret: Value) -> String {
    app.application("acme").await;
    let id = app.endpoint("acme", json!({ "secret": secret })).await;
    format!("{ENDPOINTS}/{id}/secret")
}

async fn signatures(app: &TestApp) -> usize {
    let before = app.network.count();
    app.message("acme", "a.b").await;
    let sent = app.network.sent(before + 1).await;
    header(sent.last().unwrap(), "webhook-signature").unwrap().split(' ').count()
}

/// By the profile's own overlap, to the second.
#[tokio::test(start_paused = true)]
async fn qua_8_the_old_secret_signs_for_thirty_minutes_and_no_longer() {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "secret": "before"})).await;
    app.post(&format!("{ENDPOINTS}/main/secret/rotate"), json!({"key": "after"})).await.empty(204);
    let mut signed_with = Vec::new();
    for (passes, number) in [(0, 1), (1799, 2), (1, 3)] {
        app.clock.advance(Duration::from_secs(passes)).await;
        let body = json!({"eventType": "participation.completed", "payload": {"id": number}});
        app.post("/api/v1/app/acme/msg", body).await.json(202);
        let sent = app.network.sent(number).await.pop().unwrap();
        let signature = header(&sent, "X-Qualifio-Signature").unwrap().to_owned();
        let by = |secret: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(&sent.body);
            hex::encode(mac.finalize().into_bytes())
        };
        signed_with.push(["before", "after"].into_iter().find(|secret| signature.contains(&by(secret))));
    }
    assert_eq!(signed_with, [Some("before"), Some("before"), Some("after")]);
}

#[tokio::test(start_paused = true)]
async fn a_chosen_secret_is_shown_as_it_is_and_a_made_one_has_our_form() {
    let app = TestApp::start().await;
    let path = path(&app, json!(SECRET)).await;
    assert_eq!(app.get(&path).await.json(200).0, json!({"key": SECRET}));
    let made = app.endpoint("acme", json!({})).await;
    let key = app.get(&format!("{ENDPOINTS}/{made}/secret")).await.json(200);
    assert!(key["key"].as_str().unwrap().starts_with("whsec_"));
}

#[tokio::test(start_paused = true)]
async fn after_a_rotation_all_keys_of_the_overlap_sign() {
    let app = TestApp::start().await;
    let path = path(&app, json!(SECRET)).await;
    let rotate = format!("{path}/rotate");
    assert_eq!(signatures(&app).await, 1);
    app.post(&rotate, json!({})).await.empty(204);
    app.post(&rotate, json!({"key": null})).await.empty(204);
    assert_ne!(app.get(&path).await.json(200)["key"], SECRET);
    assert_eq!(signatures(&app).await, 3);
    app.clock.advance(Duration::from_secs(24 * 3600 + 1)).await;
    assert_eq!(signatures(&app).await, 1);
    app.post(&rotate, json!({"key": SECRET, "gracePeriodSeconds": 0})).await.empty(204);
    assert_eq!(signatures(&app).await, 1);
    assert_eq!(app.get(&path).await.json(200)["key"], SECRET);
}

/// Reading the answer of `rotate_secret` is what svix 2.9 for Python does; 1.99 ignores it.
#[tokio::test(start_paused = true)]
async fn the_new_key_is_in_the_answer_for_sdks_that_read_it() {
    let app = TestApp::start().await;
    let path = path(&app, json!(SECRET)).await;
    let rotate = format!("{path}/rotate");
    let answer = app.post_as("svix-libs/2.9.1/python", &rotate, json!({})).await.json(200);
    assert_eq!(answer["key"], app.get(&path).await.json(200)["key"]);
    for agent in ["svix-libs/1.99.1/python", "curl/8.0", "svix-libs/"] {
        app.post_as(agent, &rotate, json!({})).await.empty(204);
    }
}

#[tokio::test(start_paused = true)]
async fn bad_rotations_are_refused() {
    let app = TestApp::start().await;
    let rotate = format!("{}/rotate", path(&app, json!(SECRET)).await);
    app.post(&rotate, json!({"key": "bad"})).await.invalid(&["body", "key"]);
    app.post(&rotate, json!({"key": SECRET})).await.invalid(&["body", "key"]);
    let field = ["body", "gracePeriodSeconds"];
    app.post(&rotate, json!({"gracePeriodSeconds": 604_801})).await.invalid(&field);
    app.post(&rotate, json!({"gracePeriodSeconds": -1})).await.invalid(&field);
    for _ in 0..7 {
        app.post(&rotate, json!({})).await.empty(204);
    }
    let reply = app.post(&rotate, json!({})).await.json(422);
    assert_eq!(reply["detail"][0]["type"], "limit_reached");
}

#[tokio::test(start_paused = true)]
async fn of_an_ed25519_key_only_the_public_half_is_shown() {
    let app = TestApp::start().await;
    // RFC 8032 §7.1, test 1: the secret half, then the public one.
    let secret =
        "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
    let path = path(&app, json!(secret)).await;
    let key = app.get(&path).await.json(200);
    assert_eq!(key["key"], "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert!(header(&sent[0], "webhook-signature").unwrap().starts_with("v1a,"));
}
