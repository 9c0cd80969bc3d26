//! Trimoji: a bare token in a header and in the body.

use serde_json::{Value, json};

use super::{
    stage::{Stage, names},
    wire::Wire,
};

const PAYLOAD: &str = r#"{ "id":12345,"data":{"trimoji":"🃏🤝⏰","text":"Déterminé(e) et \u0070assionné(e)","score":0.12345678901234567890} }"#;

#[tokio::test]
async fn tri_1_4_5_6_7_8_11_14_15_a_request_is_exact_to_the_byte() {
    let stage = Stage::of("trimoji").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["QUIZZ_COMPLETED"]})).await;
    let token = stage.secret("main").await;
    let message = stage.post("QUIZZ_COMPLETED", PAYLOAD).await;

    let raw = wire.first().await;
    let body = raw.text().to_owned();
    let time = raw.json()["_timestamp"].as_str().unwrap().to_owned();
    assert_eq!(
        body,
        format!(
            r#"{{"_token":"{token}","_timestamp":"{time}","_event":"QUIZZ_COMPLETED", "id":12345,"data":{{"trimoji":"🃏🤝⏰","text":"Déterminé(e) et \u0070assionné(e)","score":0.12345678901234567890}} }}"#
        )
    );
    assert_eq!(
        raw.head,
        format!(
            "POST /hook HTTP/1.1\nHost: {}\nUser-Agent: trimoji/1.0.0\nContent-Type: application/json\nAuthorization: {token}\nContent-Length: {}",
            wire.host(),
            raw.body.len()
        )
    );
    let accepted = message["timestamp"].as_str().unwrap();
    assert_eq!(time.len(), "2026-02-11T16:00:00.000Z".len(), "three digits and Z: {time}");
    assert!(accepted.starts_with(time.trim_end_matches('Z')), "{time} is when the event came: {accepted}");
}

#[tokio::test]
async fn tri_3_the_token_is_made_by_the_sender_and_can_be_read_again() {
    let stage = Stage::of("trimoji").await;
    let wire = Wire::open().await;
    let chosen = json!({"secret": "mine", "eventTypes": ["AUTH_LOGIN"]});
    stage.try_endpoint(&wire.url("/"), "main", chosen).await.expect_invalid("body.secret");
    stage.endpoint(&wire, "main", json!({"eventTypes": ["AUTH_LOGIN"]})).await;
    let token = stage.secret("main").await;
    assert!(token.len() >= 32, "{token}");
    assert_eq!(stage.secret("main").await, token);
    stage.endpoint(&wire, "other", json!({"eventTypes": ["AUTH_LOGIN"]})).await;
    assert_ne!(stage.secret("other").await, token, "unique");
}

#[tokio::test]
async fn tri_2_10_only_the_chosen_events_are_sent() {
    let stage = Stage::of("trimoji").await;
    let wire = Wire::open().await;
    let chosen = json!({"eventTypes": ["QUIZZ_SENT", "PROFILE_DELETED"]});
    stage.endpoint(&wire, "main", chosen).await;
    let other = stage.post("QUIZZ_COMPLETED", "{}").await;
    stage.post("QUIZZ_SENT", "{}").await;
    stage.post("PROFILE_DELETED", "{}").await;
    let mut events: Vec<_> = wire.requests(2).await.iter().map(|raw| raw.json()["_event"].clone()).collect();
    events.sort_by_key(Value::to_string);
    assert_eq!(events, ["PROFILE_DELETED", "QUIZZ_SENT"]);
    assert!(stage.deliveries(&other, |_| true).await.is_empty());
    let all = json!({"eventTypes": ["*"]});
    stage.try_endpoint(&wire.url("/"), "wild", all).await.expect_invalid("body.eventTypes");
}

#[tokio::test]
async fn tri_6_reserved_keys_win_over_the_events_own() {
    let stage = Stage::of("trimoji").await;
    let wire = Wire::open().await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["AUTH_LOGIN"]})).await;
    let token = stage.secret("main").await;
    stage.post("AUTH_LOGIN", r#"{"_token":"forged","\u005fevent":"FORGED","_timestamp":0,"a":1}"#).await;
    let raw = wire.first().await;
    assert!(!raw.text().contains("orged") && !raw.text().contains("FORGED"), "{}", raw.text());
    assert_eq!(raw.json()["_token"], token);
    assert!(raw.text().ends_with(r#""_event":"AUTH_LOGIN","a":1}"#), "{}", raw.text());
}

#[tokio::test]
async fn tri_9_the_catalogue_has_the_ten_codes_in_their_groups() {
    let stage = Stage::of("trimoji").await;
    let types = stage.catalogue().await;
    assert_eq!(
        names(&types),
        [
            "AUTH_LOGIN",
            "CAMPAIGN_CREATED",
            "CAMPAIGN_UPDATED",
            "PERSONI_CREATED",
            "PROFILE_DELETED",
            "PROFILE_RESTORED",
            "PROFILE_UPDATED",
            "QUIZZ_COMPLETED",
            "QUIZZ_SENT",
            "TRANSFER_INCOMING"
        ]
    );
    let group = |name: &str| types.iter().find(|kind| kind["name"] == name).unwrap()["groupName"].clone();
    assert_eq!(group("QUIZZ_SENT"), "Tests & Assessments");
    assert_eq!(group("PROFILE_RESTORED"), "Candidates & Profiles");
    assert_eq!(group("PERSONI_CREATED"), "Campaigns & Personi");
    assert_eq!(group("TRANSFER_INCOMING"), "Security & Flows");
}

#[tokio::test]
async fn tri_12_13_all_but_200_is_a_failure_that_the_customer_sees_and_nothing_is_sent_again() {
    let stage = Stage::of("trimoji").await;
    let wire = Wire::answering([204, 410, 500]).await;
    stage.endpoint(&wire, "main", json!({"eventTypes": ["AUTH_LOGIN"]})).await;
    let token = stage.secret("main").await;
    let access = stage.api.post("/auth/app-portal-access/acme", json!({})).await.expect(200);
    let customer = stage.server.api_as(access["token"].as_str().unwrap());
    for status in [204, 410, 500] {
        let message = stage.post("AUTH_LOGIN", "{}").await;
        assert_eq!(stage.ends(&message).await, ["failed"]);
        let id = message["id"].as_str().unwrap();
        let seen = customer.attempts("acme", id, |attempts| !attempts.is_empty()).await;
        assert_eq!(seen.len(), 1, "one attempt and no other");
        assert_eq!(seen[0]["responseStatusCode"], status);
        let path = format!("/app/acme/msg/{id}/attempt/{}/request", seen[0]["id"].as_str().unwrap());
        let request = customer.get(&path).await.expect(200).to_string();
        assert!(request.contains("_event") && request.contains("[redacted]"), "{request}");
        assert!(!request.contains(&token), "the token is redacted in header and body: {request}");
    }
    assert_eq!(wire.so_far().len(), 3);
    assert_eq!(stage.api.get("/app/acme/endpoint/main").await.expect(200)["disabled"], false);
}
