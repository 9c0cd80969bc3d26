use super::{
    super::{Bounds, Progress, parse},
    *,
};

/// systems.md, section F.
const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;

fn request(headers: &str, body: &str) -> WireRequest {
    let text = format!("POST / HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    match parse(text.as_bytes(), Bounds { head: 2_000, body: 2_000 }).unwrap() {
        Progress::Whole(request, _) => *request,
        other => panic!("{other:?}"),
    }
}

fn text(customer: &Customer, headers: &str, body: &str) -> String {
    customer.check(&request(headers, body)).map_or_else(|why| format!("no: {why}"), str::to_owned)
}

#[test]
fn tru_6_the_known_answer_is_recognised() {
    let customer = Customer::Trutac { secret: "s3cr3t".into() };
    let signed =
        "TT-Hook-Event: clocking\r\nTT-Hook-Signature: sha1=b6e18b57577bc054fb1864f0ddb56f380f3f8aa9\r\n";
    assert!(customer.check(&request(signed, CLOCKING)).is_ok());
    assert_eq!(text(&customer, signed, "{}"), "no: `tt-hook-signature` is not the HMAC of the body");
    let other = signed.replace("Event: clocking", "Event: checksheet");
    assert_eq!(text(&customer, &other, CLOCKING), "no: the body is not of the event's form");
    assert_eq!(text(&customer, "", CLOCKING), "no: no TT-Hook-Event header");
}

#[test]
fn qua_7_and_qua_8_header_and_signature_are_both_wanted() {
    let (header, value) = ("x-test-authorization-header".to_owned(), "123456ots".to_owned());
    let customer = Customer::Qualifio { header, value, secret: "s3cr3t".into() };
    let signature =
        "X-Qualifio-Signature: sha256=d42927434049e0b8c73ce887062238cc1c6bb6644bfe66e66d8dd0f30b85679e\r\n";
    let own = "X-Test-Authorization-Header: 123456ots\r\n";
    assert!(customer.check(&request(&format!("{own}{signature}"), r#"{"a":1}"#)).is_ok());
    assert_eq!(text(&customer, signature, r#"{"a":1}"#), "no: no `x-test-authorization-header` header");
    assert_eq!(text(&customer, own, r#"{"a":1}"#), "no: no `x-qualifio-signature` header");
    let bare = format!("{own}{}", signature.replace("sha256=", ""));
    assert_eq!(
        text(&customer, &bare, r#"{"a":1}"#),
        "no: `x-qualifio-signature` is not the HMAC of the body"
    );
}

#[test]
fn tri_4_and_tri_5_the_token_is_wanted_twice() {
    let customer = Customer::Trimoji { token: "t0ken".into() };
    let head = "Authorization: t0ken\r\nUser-Agent: trimoji/1.0.0\r\n";
    let body =
        r#"{"_token":"t0ken","_timestamp":"2026-02-11T16:00:00.000Z","_event":"QUIZZ_COMPLETED","id":1}"#;
    assert!(customer.check(&request(head, body)).is_ok());
    let bearer = head.replace("t0ken", "Bearer t0ken");
    assert_eq!(text(&customer, &bearer, body), "no: `authorization` is not the token");
    let other = body.replace("t0ken", "other");
    assert_eq!(text(&customer, head, &other), "no: `_token` in the body is not the token");
    let seconds = body.replace(".000Z", "Z");
    assert!(text(&customer, head, &seconds).contains("three fractional digits"));
}

#[test]
fn tal_6_a_payload_shows_no_tenant() {
    let json = "Content-Type: application/json\r\n";
    assert!(Customer::Talview.check(&request(json, r#"{"a":[{"b":1}]}"#)).is_ok());
    assert!(text(&Customer::Talview, json, r#"{"a":[{"tenant_id":1}]}"#).starts_with("no: "));
    assert_eq!(text(&Customer::Talview, json, "[]"), "no: the body is not a JSON object");
}

#[test]
fn jof_10_basic_is_wanted_as_agreed() {
    let customer = Customer::JofiBasic { pair: "user:pass".into() };
    let body =
        r#"{"id":"evt_1","object":"event","data":{"object":{}},"webhook_verification_method":"basic"}"#;
    let agreed = "Authorization: Basic dXNlcjpwYXNz\r\n";
    assert!(customer.check(&request(agreed, body)).is_ok());
    assert_eq!(text(&customer, "", body), "no: no `authorization` header");
    let hmac = Customer::JofiHmac { secret: "s3cr3t".into() };
    assert_eq!(text(&hmac, agreed, body), "no: no `x-jofi-signature` header");
}

#[test]
fn standard_webhooks_are_checked_by_the_verifier_of_the_tests() {
    let customer = Customer::Standard { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into() };
    assert_eq!(text(&customer, "", "{}"), "no: no usable `webhook-id` header");
}
