use proptest::prelude::*;
use serde_json::Value as Json;

use super::{super::drops::Drops, *};

fn drops() -> Drops {
    Drops {
        names: ["tenant_id".to_owned(), "is_deleted".to_owned()].into(),
        items_where: Some("is_deleted".into()),
    }
}

fn cut(payload: &str) -> String {
    let cut = drops().cut(&Bytes::copy_from_slice(payload.as_bytes())).expect(payload);
    String::from_utf8(cut.to_vec()).unwrap()
}

#[test]
fn tal_members_and_items_are_cut_out_and_every_other_byte_stays() {
    for (payload, expected) in [
        ("{}", "{}"),
        (" { } ", " { } "),
        (r#"{ "a" : 1.10 , "b":[ ] , "c" :{ }}"#, r#"{ "a" : 1.10 , "b":[ ] , "c" :{ }}"#),
        (r#"{"tenant_id":1}"#, "{}"),
        (r#"{ "tenant_id" : 1 , "a":2 }"#, r#"{ "a":2 }"#),
        (r#"{"a":1, "tenant_id":{"b":[1,{"c":2}]}, "d":3}"#, r#"{"a":1, "d":3}"#),
        (r#"{"a":1,"tenant_id":2}"#, r#"{"a":1}"#),
        // Names are compared after unescaping, and with their letter case.
        (r#"{"\u0074enant_id":1,"Tenant_id":2}"#, r#"{"Tenant_id":2}"#),
        (r#"{"a":{"tenant_id":1,"b":{"is_deleted":false}}}"#, r#"{"a":{"b":{}}}"#),
        // A deleted root is announced as such: only its mark goes.
        (r#"{"is_deleted":true,"a":1}"#, r#"{"a":1}"#),
        (r#"{"a":{"is_deleted":true,"b":1}}"#, r#"{"a":{"b":1}}"#),
        (
            r#"{"a":[{"is_deleted":true,"id":1}, {"id":2,"is_deleted":false} ,{"id":3}]}"#,
            r#"{"a":[ {"id":2} ,{"id":3}]}"#,
        ),
        (r#"{"a":[{"id":1,"is_deleted":true}]}"#, r#"{"a":[]}"#),
        (r#"{"a":[1,[{"is_deleted": true}],"is_deleted",true]}"#, r#"{"a":[1,[],"is_deleted",true]}"#),
        (r#"{"a":[{"b":{"is_deleted":true}}]}"#, r#"{"a":[{"b":{}}]}"#),
        (r#"{"a":[{"is_deleted":"true"},{"is_deleted":1}]}"#, r#"{"a":[{},{}]}"#),
        (
            r#"{"a":"\"tenant_id\":1,{[","n":-12345678901234567890.5e-3}"#,
            r#"{"a":"\"tenant_id\":1,{[","n":-12345678901234567890.5e-3}"#,
        ),
    ] {
        assert_eq!(cut(payload), expected, "{payload}");
    }
}

#[test]
fn rules_that_name_nothing_copy_nothing() {
    let payload = Bytes::from_static(b"{}");
    assert_eq!(Drops::default().cut(&payload).unwrap().as_ptr(), payload.as_ptr());
}

#[test]
fn a_payload_may_nest_deeper_than_any_stack() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(cut(&deep), deep);
}

#[test]
fn what_is_no_object_is_refused() {
    for payload in
        ["", " ", "[]", "1", "{", r#"{"a"}"#, r#"{"a":1"#, "{]", r#"{"a":[}"#, "{}{}", "{,}", r#"{"a":}"#]
    {
        assert!(drops().cut(&Bytes::copy_from_slice(payload.as_bytes())).is_err(), "{payload}");
    }
}

#[test]
fn tal_6_the_payload_is_cut_before_it_is_placed_and_signed() {
    let cutting = profile("[body]\ndrop_keys = [\"t\"]\ntemplate = '{\"data\": $payload, ...$payload}'");
    let request = rendered(&cutting, &credentials(&[]), &message(r#"{"t":1,"a":{"t":2}}"#)).unwrap();
    assert_eq!(request.body, r#"{"data":{"a":{}},"a":{}}"#);
    let raw = profile("[body]\ndrop_keys = [\"t\"]");
    assert_eq!(rendered(&raw, &credentials(&[]), &message(r#"{"t":1}"#)).unwrap().body, "{}");
}

/// The same rules over parsed values.
fn expected(value: Json) -> Json {
    let deleted = |item: &Json| item.get("is_deleted") == Some(&Json::Bool(true));
    match value {
        Json::Object(members) => members
            .into_iter()
            .filter(|(name, _)| !drops().names.contains(name))
            .map(|(name, value)| (name, expected(value)))
            .collect(),
        Json::Array(items) => {
            items.into_iter().filter(|item| !deleted(item)).map(expected).collect::<Vec<_>>().into()
        }
        other => other,
    }
}

fn json() -> impl Strategy<Value = Json> {
    let leaf =
        prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), ".{0,6}".prop_map(Json::from)];
    leaf.prop_recursive(5, 48, 5, |inner| {
        let name = prop_oneof![Just("is_deleted".to_owned()), Just("tenant_id".to_owned()), "[a-c]"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((name, inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn cutting_text_is_cutting_values(value in json(), pretty in any::<bool>()) {
        let value = serde_json::json!({"root": value});
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let cut: Json = serde_json::from_str(&cut(&text.unwrap())).unwrap();
        prop_assert_eq!(cut, expected(value));
    }

    #[test]
    fn cutting_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _: Result<Bytes, _> = drops().cut(&Bytes::copy_from_slice(&bytes));
        let _: Result<Bytes, _> = drops().cut(&Bytes::from([b"{\"a\":".as_slice(), &bytes].concat()));
    }
}
