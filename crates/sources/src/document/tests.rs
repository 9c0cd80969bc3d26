use super::*;

#[test]
fn a_document_has_the_fields_of_the_api() {
    let payload = r#"{ "n" : 1.00, "n":2 }"#;
    let text = format!(
        r#"{{"application":"shop","eventType":"order.paid","payload": {payload},"eventId":"e-1",
            "channels":["eu"],"tags":["t"],"payloadRetentionPeriod":7,"deliverAt":"2026-11-21T05:00:00Z",
            "expiresAt":"2026-11-22T05:00:00Z","orderingKey":"order 7","replaceKey":"r"}}"#
    );
    let Content { application, draft } = read(text.as_bytes()).unwrap();
    assert_eq!((application.as_str(), draft.event_type.as_str()), ("shop", "order.paid"));
    assert_eq!(draft.payload, payload, "byte by byte");
    assert_eq!(draft.event_id, Some("e-1".parse().unwrap()));
    assert_eq!(draft.channels.map(|channels| channels.len()), Some(1));
    assert_eq!(draft.ordering_key, Some("order 7".parse().unwrap()));
    assert_eq!(draft.payload_retention_days, Some(7));
    assert!(draft.deliver_at < draft.expires_at);
}

#[test]
fn what_is_no_document_says_why() {
    let reason = |text: &str| read(text.as_bytes()).unwrap_err();
    insta::assert_snapshot!(
        [
            reason("no json"),
            reason(r#"["shop","a",{}]"#),
            reason("{\"application\":"),
            reason(r#"{"application":"shop","eventType":"a","payload":{}} {}"#),
            reason(r#"{"application":"shop","payload":{}}"#),
            reason(r#"{"application":"shop","eventType":"a b","payload":{}}"#),
            reason(r#"{"application":"shop","eventType":"a","payload":{},"orderingkey":"k"}"#),
            reason(&format!(r#"{{"a":"{}"}}"#, "x".repeat(MESSAGE_BODY_BYTES))),
            read(b"\xff\xfe").unwrap_err(),
        ]
        .join("\n")
    );
}
