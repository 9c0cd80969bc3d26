use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Verifier as _, VerifyingKey};

use super::*;
use crate::sample::Counting;

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.iter().find(|header| header.name == name).map(|header| header.value.reveal())
}

/// systems.md, section F: computed there with another implementation.
const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;

#[test]
fn known_answers_of_the_body_alone() {
    for (algorithm, encoding, format, payload, expected) in [
        ("hmac-sha1", "hex", "{signature}", r#"{"a":1}"#, "9649526da846c63fae8f3f64fd170080174a9a78"),
        (
            "hmac-sha256",
            "hex",
            "sha256={signature}",
            r#"{"a":1}"#,
            "sha256=d42927434049e0b8c73ce887062238cc1c6bb6644bfe66e66d8dd0f30b85679e",
        ),
        (
            "hmac-sha256",
            "base64",
            "{signature}",
            r#"{"a":1}"#,
            "1CknQ0BJ4LjHPOiHBiI4zBxrtmRL/mbmbY3Q8wuFZ54=",
        ),
        ("hmac-sha1", "hex", "sha1={signature}", CLOCKING, "sha1=b6e18b57577bc054fb1864f0ddb56f380f3f8aa9"),
        (
            "hmac-sha256",
            "hex",
            "{signature}",
            CLOCKING,
            "a8adc92e1a45931c5582cda9fc7acc85fbe377dff75fe83040c8f67901981ab4",
        ),
    ] {
        let signing = profile(&format!(
            "[[signatures]]\nheader = \"X-Sig\"\nalgorithm = \"{algorithm}\"\nencoding = \"{encoding}\"\n\
             format = \"{format}\"\n{}",
            token_secrets()
        ));
        let request = rendered(&signing, &credentials(&["s3cr3t"]), &message(payload)).unwrap();
        assert_eq!(header(&request, "X-Sig"), Some(expected), "{algorithm} {encoding}");
        assert_eq!(request.key_number, Some(1));
    }
}

#[test]
fn without_a_secret_there_is_no_signature() {
    let request = rendered(&built_in()[0], &credentials(&[]), &message("{}")).unwrap();
    assert_eq!(header(&request, "webhook-signature"), None);
    assert_eq!(request.key_number, None);
}

fn second() -> String {
    format!("whsec_{}", STANDARD.encode([7; 32]))
}

#[test]
fn standard_signs_with_every_valid_key_newest_first() {
    let second = second();
    let alone = |secret| {
        let request = rendered(&built_in()[0], &credentials(&[secret]), &message("{}")).unwrap();
        header(&request, "webhook-signature").unwrap().to_owned()
    };
    let both = rendered(&built_in()[0], &credentials(&[SECRET, &second]), &message("{}")).unwrap();
    let expected = format!("{} {}", alone(&second), alone(SECRET));
    assert_eq!(header(&both, "webhook-signature"), Some(expected.as_str()));
    assert_eq!(both.key_number, Some(2));
}

#[test]
fn a_key_stops_signing_at_its_end() {
    let (second, profile, endpoint, message) = (second(), &built_in()[0], &endpoint(), &message("{}"));
    let credentials = &credentials(&[SECRET, &second]);
    let end = credentials.keys[0].expires_at.unwrap();
    let signatures = |now| {
        let request = render(&Rendering { profile, endpoint, credentials, message, now }).unwrap();
        header(&request, "webhook-signature").unwrap().split(' ').count()
    };
    assert_eq!(signatures(end - Duration::from_micros(1)), 2);
    assert_eq!(signatures(end), 1);
}

#[test]
fn ed25519_keys_sign_as_v1a_beside_hmac_keys() {
    let standard = &built_in()[0];
    let pair = standard.secret_formats[1].generate(&Counting::default());
    let request = rendered(standard, &credentials(&[SECRET, pair.reveal()]), &message(r#"{"a":1}"#)).unwrap();
    let (v1a, v1) = header(&request, "webhook-signature").unwrap().split_once(' ').unwrap();
    assert!(v1.starts_with("v1,"));
    let public = standard.verification_key(&pair);
    let public: [u8; 32] =
        STANDARD.decode(public.reveal().strip_prefix("whpk_").unwrap()).unwrap().try_into().unwrap();
    let signature: [u8; 64] = STANDARD.decode(v1a.strip_prefix("v1a,").unwrap()).unwrap().try_into().unwrap();
    let id = header(&request, "webhook-id").unwrap();
    let signed = format!("{id}.{}.{{\"a\":1}}", NOW.as_seconds());
    VerifyingKey::from_bytes(&public).unwrap().verify(signed.as_bytes(), &signature.into()).unwrap();
}

#[test]
fn one_value_formats_use_the_newest_key_or_the_previous_for_a_while() {
    let one_value = |previous_for: &str| {
        profile(&format!(
            "[[signatures]]\nheader = \"X-Sig\"\nalgorithm = \"hmac-sha256\"\n{previous_for}\n{}",
            token_secrets()
        ))
    };
    let number = |previous_for| {
        let request =
            rendered(&one_value(previous_for), &credentials(&["old", "new"]), &message("{}")).unwrap();
        assert!(!header(&request, "X-Sig").unwrap().contains(' '));
        request.key_number.unwrap()
    };
    assert_eq!(number(""), 2);
    // The newest key of the sample is an hour old.
    assert_eq!(number("previous_for = \"30m\""), 2);
    assert_eq!(number("previous_for = \"61m\""), 1);
}

#[test]
fn signatures_can_be_wrapped_together() {
    let stripe_like = profile(&format!(
        "[[signatures]]\nheader = \"X-Sig\"\nalgorithm = \"hmac-sha256\"\nkeys = \"all\"\njoin = \",\"\n\
         content = \"{{attempt.timestamp}}.{{body}}\"\nformat = \"v1={{signature}}\"\n\
         wrap = \"t={{attempt.timestamp}},{{signatures}}\"\n{}",
        token_secrets()
    ));
    let request = rendered(&stripe_like, &credentials(&["old", "new"]), &message("{}")).unwrap();
    let value = header(&request, "X-Sig").unwrap();
    let parts: Vec<_> = value.split(',').map(|part| part.split_once('=').unwrap().0).collect();
    assert_eq!(parts, ["t", "v1", "v1"]);
    assert!(value.starts_with("t=1795237200,"));
}

#[test]
fn a_key_that_cannot_sign_fails_the_delivery_and_is_not_shown() {
    let error = rendered(&built_in()[0], &credentials(&["whsec_n0tbase64"]), &message("{}")).unwrap_err();
    let RenderError::Invalid(text) = error else { panic!("{error}") };
    assert_eq!(text, "key 1 is not a secret that profile standard can use");
}

#[test]
fn signing_a_value_that_is_absent_fails_the_delivery() {
    let signing = profile(&format!(
        "[[signatures]]\nheader = \"X-Sig\"\nalgorithm = \"hmac-sha256\"\ncontent = \"{{event.id}}.{{body}}\"\n{}",
        token_secrets()
    ));
    let mut message = message("{}");
    assert!(matches!(rendered(&signing, &credentials(&["k"]), &message), Err(RenderError::Invalid(_))));
    message.event_id = Some("evt-1".parse().unwrap());
    assert!(rendered(&signing, &credentials(&["k"]), &message).is_ok());
}
