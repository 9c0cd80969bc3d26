use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::{super::spread::spread, *};

fn body_of(template: &str, payload: &str) -> String {
    let profile = profile(&format!("[body]\ntemplate = '''{template}'''{}", token_secrets()));
    let request = rendered(&profile, &credentials(&[]), &message(payload)).unwrap();
    String::from_utf8(request.body.to_vec()).unwrap()
}

#[test]
fn skeletons() {
    const FLAT: &str = r#"{"_event": $event.type, ...$payload, "z": [1, $event.id, {"n": null}]}"#;
    for (template, payload, expected) in [
        (FLAT, "{}", r#"{"_event":"invoice.paid","z":[1,null,{"n":null}]}"#),
        (FLAT, r#"{"a":1}"#, r#"{"_event":"invoice.paid","a":1,"z":[1,null,{"n":null}]}"#),
        // Reserved names go, wherever and however they are written.
        (FLAT, r#"{"_event":"x","a":1}"#, r#"{"_event":"invoice.paid","a":1,"z":[1,null,{"n":null}]}"#),
        (
            FLAT,
            r#"{"a":1,"\u005fevent":"x","z":2}"#,
            r#"{"_event":"invoice.paid","a":1,"z":[1,null,{"n":null}]}"#,
        ),
        (
            "{...$payload}",
            r#"{ "a" : 1.10 , "a":2e400,"b":12345678901234567890123 }"#,
            r#"{ "a" : 1.10 , "a":2e400,"b":12345678901234567890123 }"#,
        ),
        ("{...$payload}", " { } ", "{}"),
        ("{...$payload}", "{\"s\":\"}],\\\"{\"}", "{\"s\":\"}],\\\"{\"}"),
        (r#"{...$payload, "a": 0}"#, r#"{"a":1}"#, r#"{"a":0}"#),
        (
            r#"{...$payload, "c": 0}"#,
            r#"{"a":{"c":1},"b":[1,{"c":2}]}"#,
            r#"{"a":{"c":1},"b":[1,{"c":2}],"c":0}"#,
        ),
        // An absent value omits its member, and its name stays reserved all the same.
        (r#"{"token": $secret, "id": $event.id, ...$payload}"#, r#"{"token":"forged"}"#, "{}"),
        (
            r#"{"data": {"object": $payload}, "v": "2.3.0"}"#,
            r#"{"b": 1}"#,
            r#"{"data":{"object":{"b": 1}},"v":"2.3.0"}"#,
        ),
        (
            r#"{"at": $message.timestamp, "iso": $message.timestamp.millis}"#,
            "{}",
            r#"{"at":1795237140,"iso":"2026-11-21T04:59:00.123Z"}"#,
        ),
        (
            r#"[$payload, true, -1.50e3, "$not {one}"]"#,
            r#"{"a":1}"#,
            r#"[{"a":1},true,-1.50e3,"$not {one}"]"#,
        ),
        ("{ }", r#"{"a":1}"#, "{}"),
    ] {
        assert_eq!(body_of(template, payload), expected, "{template} with {payload}");
    }
}

#[test]
fn a_raw_payload_replaces_the_whole_body() {
    let mut message = message("");
    message.payload = Payload::Raw(Bytes::from_static(b"a=1&b=2"));
    let skeleton = profile("[body]\ntemplate = '{\"e\": $event.type, ...$payload}'");
    let request = rendered(&skeleton, &credentials(&[]), &message).unwrap();
    assert_eq!(request.body, "a=1&b=2");
}

#[test]
fn a_payload_that_is_no_object_fails_instead_of_breaking_the_json() {
    let skeleton = profile("[body]\ntemplate = '{\"e\": 1, ...$payload}'");
    for payload in
        ["", "[]", "1", "{", r#"{"a"}"#, r#"{"a":1"#, r#"{"a":1}x"#, r#"{"a":"\"#, "{,}", r#"{"a":1,}"#]
    {
        let result = rendered(&skeleton, &credentials(&[]), &message(payload));
        assert!(matches!(result, Err(RenderError::Invalid(_))), "{payload}: {result:?}");
    }
}

#[test]
fn secrets_in_the_body_are_escaped() {
    let skeleton = profile(&format!("[body]\ntemplate = '{{\"t\": $secret}}'{}", token_secrets()));
    let request = rendered(&skeleton, &credentials(&["a\"b\\c\n"]), &message("{}")).unwrap();
    assert_eq!(request.body, r#"{"t":"a\"b\\c\n"}"#);
}

/// JSON values, with the spellings that a parser would lose.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1.10".to_owned()),
        Just("-0e5".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec((name(), inner), 0..4).prop_map(|members| object(&members)),
        ]
    })
}

/// Names that often meet the reserved ones, plainly or in escapes.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#""id""#.to_owned()),
        Just(r#""\u0069d""#.to_owned()),
        Just(r#""_t""#.to_owned()),
        Just(r#""\u005Ft""#.to_owned()),
        Just(r#""ID""#.to_owned()),
        "[a-z{},:\\[]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ]
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!(" {name} :{value}\t")).collect();
    format!("{{{}}}", members.join(","))
}

fn reserved() -> BTreeSet<String> {
    ["id".to_owned(), "_t".to_owned()].into()
}

proptest! {
    #[test]
    fn spread_keeps_every_other_byte(members in prop::collection::vec((name(), json()), 0..8)) {
        let payload = object(&members);
        let mut out = Vec::new();
        let any = spread(payload.as_bytes(), &reserved(), false, &mut out).unwrap();
        let kept: Vec<_> = members
            .iter()
            .filter(|(name, _)| !reserved().contains(&serde_json::from_str::<String>(name).unwrap()))
            .map(|(name, value)| format!(" {name} :{value}\t"))
            .collect();
        prop_assert_eq!(String::from_utf8(out).unwrap(), kept.join(","));
        prop_assert_eq!(any, !kept.is_empty());
    }

    #[test]
    fn spread_in_a_skeleton_is_json_and_reserved_names_win(
        members in prop::collection::vec((name(), json()), 0..8),
    ) {
        let payload = object(&members);
        for template in [
            r#"{"id": 7, "_t": "own", ...$payload}"#,
            r#"{...$payload, "id": 7, "_t": "own"}"#,
            r#"{"id": 7, ...$payload, "_t": "own"}"#,
        ] {
            let body = body_of(template, &payload);
            prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&body).is_ok(), "{}", body);
            let parsed: Json = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&parsed["id"], &Json::from(7));
            prop_assert_eq!(&parsed["_t"], &Json::from("own"));
        }
    }

    #[test]
    fn spread_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _: Result<bool, _> = spread(&bytes, &reserved(), true, &mut Vec::new());
        let mut object = b"{\"a\":".to_vec();
        object.extend_from_slice(&bytes);
        let _: Result<bool, _> = spread(&object, &reserved(), true, &mut Vec::new());
    }
}
