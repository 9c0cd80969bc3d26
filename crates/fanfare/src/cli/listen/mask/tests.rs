use super::*;
use crate::receiver::{Bounds, Progress, parse};

fn shown(mask: &Mask, headers: &str, body: &str) -> String {
    let text =
        format!("POST /?key=t0psecret HTTP/1.1\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let Progress::Whole(request, _) = parse(text.as_bytes(), Bounds { head: 1_000, body: 1_000 }).unwrap()
    else {
        panic!("{text}");
    };
    mask.shown(&request).to_json().to_string()
}

#[test]
fn tri_5_a_token_is_hidden_in_header_and_body() {
    let text = shown(
        &Mask::of(Vec::new()),
        "Authorization: t0psecret",
        r#"{"_token":"t0psecret","a":"see t0psecret"}"#,
    );
    assert!(!text.contains("t0psecret"), "{text}");
    assert_eq!(text.matches(REDACTED).count(), 4, "{text}");
}

#[test]
fn what_was_given_is_hidden_everywhere() {
    let mask = Mask::of(vec![
        Secret::new("t0psecret"),
        Secret::new("t0psecret and more"),
        Secret::new("with\"quote"),
    ]);
    let text = shown(&mask, "X-A: t0psecret and more", r#"{"a":"with\"quote!"}"#);
    assert!(!text.contains("t0psecret") && !text.contains("and more") && !text.contains("quote"), "{text}");
}

#[test]
fn schemes_and_signatures_stay() {
    let text = shown(
        &Mask::of(Vec::new()),
        "Authorization: Basic dXNlcjpwYXNz\r\nX-Api-Token: abc\r\nwebhook-signature: v1,abc\r\nX-Author: me\r\nIdempotency-Key: 7",
        "",
    );
    assert!(text.contains(r#"["Authorization","Basic [redacted]"],["X-Api-Token","[redacted]"]"#), "{text}");
    assert!(
        text.contains("v1,abc") && text.contains(r#"["X-Author","me"],["Idempotency-Key","7"]"#),
        "{text}"
    );
}

#[test]
fn a_short_secret_hides_itself_and_nothing_else() {
    let text = shown(&Mask::of(vec![Secret::new("a")]), "X-A: a\r\nX-B: aa", r#"{"a":"banana"}"#);
    assert!(text.contains(r#"["X-A","[redacted]"],["X-B","aa"]"#) && text.contains("banana"), "{text}");
}

#[test]
fn everything_is_shown_where_that_is_wanted() {
    let text = shown(&Mask::nothing(), "Authorization: t0psecret", "t0psecret");
    assert_eq!(text.matches("t0psecret").count(), 3, "{text}");
}
