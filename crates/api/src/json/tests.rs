use http::StatusCode;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only parsed into")]
struct In {
    name: String,
    list: Vec<u8>,
}

fn refusal(text: &[u8]) -> String {
    let error = parse::<In>(text).unwrap_err();
    let response = error.into_response();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let body = futures::executor::block_on(response.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn mistakes_are_told_with_their_place() {
    let checks: [(&[u8], &str); 5] = [
        (br#"{"name":"a"}"#, r#""loc":["body","list"],"msg":"is required","type":"value_error.missing""#),
        (br#"{"name":1,"list":[]}"#, r#""loc":["body","name"]"#),
        (br#"{"name":"a","list":[1,300]}"#, r#""loc":["body","list","1"]"#),
        (br#"{"name":"a","list":[1"#, "malformed JSON"),
        (b"{\"name\":\"\xff\",\"list\":[]}", "not UTF-8"),
    ];
    for (body, expected) in checks {
        let refusal = refusal(body);
        assert!(refusal.contains(expected), "{refusal} should hold {expected}");
    }
}

#[test]
fn what_follows_the_value_is_malformed() {
    assert!(refusal(br#"{"name":"a","list":[]} x"#).contains("jsondecode"));
}
