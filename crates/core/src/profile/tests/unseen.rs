//! Formats that the language was not made for, written as a newcomer did from their public descriptions. Each
//! signature is computed again by what such a description says, with nothing of Fanfare's own.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use serde_json::{Value as Json, json};
use sha1::Sha1;
use sha2::Sha256;

use super::*;
use crate::{
    profile::Moment,
    render::{Rendering, Request, render},
    sample::{NOW, credentials, endpoint, message},
    verify::{Captured, Check, Verdict, Verifier},
};

const SQUARE: &str = include_str!("unseen/square.toml");
const PAGERDUTY: &str = include_str!("unseen/pagerduty.toml");
const HUBSPOT: &str = include_str!("unseen/hubspot.toml");
const URL: &str = "https://customer.example/hook?a=1";

fn sent(profile: &Profile, secrets: &[&str], kind: &str, payload: &str) -> Request {
    let mut message = message(payload);
    message.event_type = kind.parse().unwrap();
    message.event_id = Some("evt-1".parse().unwrap());
    let (endpoint, credentials) = (&endpoint(), &credentials(secrets));
    render(&Rendering { profile, endpoint, credentials, message: &message, now: NOW }).unwrap()
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers.iter().find(|header| header.name == name).expect(name).value.reveal()
}

fn sha256(key: &str, text: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn checks(profile: &Profile, secret: &str, told: &[(&str, &str)], request: &Request) -> Vec<Check> {
    let verifier = Verifier::new(profile, &[Secret::new(secret)]).unwrap();
    let verifier =
        told.iter().fold(verifier, |verifier, (name, text)| verifier.with_value(name, text).unwrap());
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|header| (header.name.clone(), header.value.reveal().to_owned()))
        .collect();
    verifier.check(&Captured { method: "POST", headers: &headers, body: &request.body }, NOW)
}

#[test]
fn square_signs_the_url_and_the_body_in_two_ways() {
    let square = Profile::parse(SQUARE).unwrap();
    let key = square.generate_secret(&Counting::default());
    let key = key.reveal();
    assert_eq!(key.len(), 22, "16 bytes in base64url: {key}");
    let request = sent(&square, &[key], "payment.created", r#"{"merchant_id":"M","type":"forged"}"#);
    let body = r#"{"merchant_id":"M","type":"payment.created","event_id":"03030303-0303-4303-8303-030303030303","created_at":"2026-11-21T04:59:00.123Z"}"#;
    assert_eq!(request.body, body);
    let content = format!("{URL}{body}");
    let newer = STANDARD.encode(sha256(key, content.as_bytes()));
    assert_eq!(header(&request, "x-square-hmacsha256-signature"), newer);
    let older = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap().chain_update(&content).finalize();
    assert_eq!(header(&request, "x-square-signature"), STANDARD.encode(older.into_bytes()));
    assert_eq!(header(&request, "square-initial-delivery-timestamp"), "2026-11-21T04:59:00Z");

    let untold = checks(&square, key, &[], &request);
    assert_eq!(Verdict::of(&untold), Verdict::Unchecked, "{untold:?}");
    assert!(untold.iter().any(|check| check.detail.contains("`--value endpoint.url=…`")), "{untold:?}");
    let told = checks(&square, key, &[("endpoint.url", URL)], &request);
    assert_eq!(Verdict::of(&told), Verdict::Right, "{told:?}");
}

#[test]
fn pagerduty_signs_with_each_valid_secret_the_newest_first() {
    let pagerduty = Profile::parse(PAGERDUTY).unwrap();
    let made = pagerduty.generate_secret(&Counting::default());
    assert_eq!(made.reveal().len(), 64, "48 bytes in base64url");
    let keys = ["older key", made.reveal()];
    let request = sent(&pagerduty, &keys, "incident.triggered", r#"{"resource_type":"incident","id":"x"}"#);
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    let event = json!({"id": "evt-1", "event_type": "incident.triggered",
        "occurred_at": "2026-11-21T04:59:00.123Z", "resource_type": "incident"});
    assert_eq!(body, json!({ "event": event }));
    let signed = |key: &str| format!("v1={}", hex::encode(sha256(key, &request.body)));
    let expected = format!("{},{}", signed(keys[1]), signed(keys[0]));
    assert_eq!(header(&request, "X-PagerDuty-Signature"), expected);
    for key in keys {
        let checks = checks(&pagerduty, key, &[], &request);
        assert_eq!(Verdict::of(&checks), Verdict::Right, "{checks:?}");
    }
    let ping = pagerduty.lifecycle.as_ref().unwrap().payload(Moment::Created, &endpoint());
    assert_eq!(ping, r#"{"resource_type":"pagey","data":{"message":"Hello.","type":"ping"}}"#);
}

#[test]
fn hubspot_signs_method_url_body_and_time() {
    let hubspot = Profile::parse(HUBSPOT).unwrap();
    let made = hubspot.generate_secret(&Counting::default());
    assert_eq!(made.reveal().len(), 36, "as long as `bytes` wants it");
    let key = "8b5fc2a0-7a2b-4dfe-9a6b-3d0f5a0c1e2d";
    assert!(hubspot.check_secret(key).is_ok());
    let request = sent(&hubspot, &[key], "contact.creation", r#"{"objectId":1.0}"#);
    let body = r#"[{"objectId":1.0,"occurredAt":1795237140123,"subscriptionType":"contact.creation","attemptNumber":0}]"#;
    assert_eq!(request.body, body);
    assert_eq!(header(&request, "X-HubSpot-Request-Timestamp"), "1795237200123");
    let content = format!("POST{URL}{body}1795237200123");
    let expected = STANDARD.encode(sha256(key, content.as_bytes()));
    assert_eq!(header(&request, "X-HubSpot-Signature-v3"), expected);
    let told = checks(&hubspot, key, &[("endpoint.url", URL)], &request);
    assert_eq!(Verdict::of(&told), Verdict::Right, "{told:?}");
}
