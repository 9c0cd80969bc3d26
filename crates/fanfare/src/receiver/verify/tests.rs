use http::HeaderMap;

use super::*;

/// The worked example of the Standard Webhooks specification and its libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNED_AT: u64 = 1_614_265_330;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn headers(signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
    headers.insert("webhook-timestamp", SIGNED_AT.to_string().parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers
}

fn check(signature: &str, body: &[u8], now: u64) -> Result<(), Rejected> {
    Verifier::new(SECRET).unwrap().check(&headers(signature), body, now)
}

#[test]
fn accepts_the_example_of_the_specification() {
    assert_eq!(check(SIGNATURE, BODY, SIGNED_AT), Ok(()));
}

#[test]
fn accepts_when_any_of_several_signatures_is_right() {
    let several = format!("v1,bm9uc2Vuc2U= v1a,bm9uc2Vuc2U= {SIGNATURE}");
    assert_eq!(check(&several, BODY, SIGNED_AT + TOLERANCE_SECONDS), Ok(()));
}

#[test]
fn rejects_what_was_altered_is_stale_or_unsigned() {
    assert_eq!(check(SIGNATURE, b"{}", SIGNED_AT), Err(Rejected::Signature));
    assert_eq!(check("v1,bm9uc2Vuc2U=", BODY, SIGNED_AT), Err(Rejected::Signature));
    assert_eq!(check(SIGNATURE, BODY, SIGNED_AT + TOLERANCE_SECONDS + 1), Err(Rejected::Timestamp));
    let unsigned = HeaderMap::new();
    let verdict = Verifier::new(SECRET).unwrap().check(&unsigned, BODY, SIGNED_AT);
    assert_eq!(verdict, Err(Rejected::Header("webhook-id")));
}

#[test]
fn a_secret_is_base64() {
    assert!(Verifier::new("whsec_not base64").is_none());
}
