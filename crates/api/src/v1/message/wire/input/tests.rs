use fanfare_core::{id::ID_BYTES, limits::KEY_BYTES};

use super::*;

fn read(body: &str) -> Result<Post, ApiError> {
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let message: MessageIn<'_> = crate::json::parse(&bytes)?;
    let (environment, application) = ([0; ID_BYTES].into(), Named::Id([1; ID_BYTES].into()));
    message.post(&bytes, environment, application, Timestamp::from_seconds(1_000_000))
}

#[test]
fn the_payload_is_kept_byte_by_byte() {
    let payload = r#"{ "b" : 1.0000000000000000000000001,"b":2,  "a":"\u00e9\ud800" }"#;
    for field in ["payload", "data"] {
        let post = read(&format!(r#"{{"eventType":"a.b","{field}": {payload} }}"#)).unwrap();
        assert_eq!(post.payload, Payload::Json(Bytes::from(payload)));
    }
}

#[test]
fn a_small_payload_does_not_hold_a_large_body_in_memory() {
    let body =
        |padding: usize| format!(r#"{{"eventType":"a.b","payload":{{"n":1}}{}}}"#, " ".repeat(padding));
    let shares = |padding| {
        let bytes = Bytes::from(body(padding));
        let message: MessageIn<'_> = crate::json::parse(&bytes).unwrap();
        let (environment, application) = ([0; ID_BYTES].into(), Named::Id([1; ID_BYTES].into()));
        let post = message.post(&bytes, environment, application, Timestamp::EPOCH).unwrap();
        assert_eq!(post.payload, Payload::Json(Bytes::from(r#"{"n":1}"#)));
        bytes.as_ptr_range().contains(&post.payload.bytes().unwrap().as_ptr())
    };
    assert!(!shares(10_000));
    let large = format!(r#"{{"eventType":"a.b","payload":{{"n":"{}"}}}}"#, "x".repeat(10_000));
    let bytes = Bytes::from(large);
    let message: MessageIn<'_> = crate::json::parse(&bytes).unwrap();
    let post = message
        .post(&bytes, [0; ID_BYTES].into(), Named::Id([1; ID_BYTES].into()), Timestamp::EPOCH)
        .unwrap();
    assert!(bytes.as_ptr_range().contains(&post.payload.bytes().unwrap().as_ptr()), "nothing is copied");
}

#[test]
fn a_payload_is_a_json_object() {
    for payload in ["[]", "1", "\"text\"", "null", "true"] {
        assert!(read(&format!(r#"{{"eventType":"a","payload":{payload}}}"#)).is_err(), "{payload}");
    }
}

#[test]
fn a_raw_payload_replaces_the_body() {
    let post = read(r#"{"eventType":"a","payload":{},"transformationsParams":{"rawPayload":"<x/>"}}"#);
    assert_eq!(post.unwrap().payload, Payload::Raw(Bytes::from("<x/>")));
    let headers = r#""headers":{"content-type":"text/xml"}"#;
    assert!(
        read(&format!(r#"{{"eventType":"a","payload":{{}},"transformationsParams":{{{headers}}}}}"#))
            .is_err()
    );
}

#[test]
fn bounds_are_held() {
    for rest in [
        r#""channels":[]"#,
        r#""channels":["a","b","c","d","e","f"]"#,
        r#""channels":["no spaces"]"#,
        r#""payloadRetentionPeriod":4"#,
        r#""payloadRetentionPeriod":91"#,
        r#""delaySeconds":2592001"#,
        r#""delaySeconds":1,"deliverAt":"2026-11-21T05:00:00Z""#,
        r#""deliverAt":"9999-01-01T00:00:00Z""#,
        r#""replaceKey":"""#,
        r#""replaceKey":"a\nb""#,
        r#""replaceKey":7"#,
        r#""eventId":"no spaces""#,
        r#""payload":{}"#,
    ] {
        assert!(read(&format!(r#"{{"eventType":"a","payload":{{}},{rest}}}"#)).is_err(), "{rest}");
    }
    let key = |bytes: usize| {
        read(&format!(r#"{{"eventType":"a","payload":{{}},"replaceKey":"{}"}}"#, "k".repeat(bytes)))
    };
    assert!(key(KEY_BYTES + 1).is_err());
    assert_eq!(key(KEY_BYTES).unwrap().replace_key, Some("k".repeat(KEY_BYTES).parse().unwrap()));
    let post = read(r#"{"eventType":"a","payload":{},"delaySeconds":60,"tags":["t"]}"#).unwrap();
    assert_eq!(post.deliver_at, Some(Timestamp::from_seconds(1_000_060)));
}
