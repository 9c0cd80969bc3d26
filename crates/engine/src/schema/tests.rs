use std::collections::BTreeSet;

use fanfare_core::time::Timestamp;
use serde_json::json;

use super::*;

fn kind(schema: &Value) -> EventType {
    EventType {
        name: "a.b".parse().unwrap(),
        description: String::new(),
        group: None,
        use_case: None,
        aliases: Vec::new(),
        validate: true,
        archived: false,
        deprecated: false,
        feature_flag: None,
        schemas: Some(json!({"1": {"type": "string"}, "10": schema, "9": {"type": "string"}}).to_string()),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}

fn mistakes(schema: &Value, payload: &str) -> Vec<(String, String)> {
    let payload = Payload::Json(payload.to_owned().into());
    let enforced = Enforced::of([&kind(schema)]);
    let found = enforced.mistakes(&"a.b".parse().unwrap(), &payload).unwrap();
    found.into_iter().map(|mistake| (mistake.path.join("."), mistake.message)).collect()
}

#[test]
fn the_newest_version_holds_and_mistakes_say_where() {
    let schema = json!({
        "type": "object", "required": ["id"],
        "properties": {"id": {"type": "integer"}, "a/b": {"items": {"pattern": "^x+$"}}},
    });
    assert_eq!(mistakes(&schema, r#"{"id": 1, "a/b": ["x"]}"#), []);
    let found = mistakes(&schema, r#"{"id": "s3cr3t", "a/b": ["x", "y"]}"#);
    let places: BTreeSet<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["a/b.1", "id"]));
    assert!(found.iter().all(|(_, message)| !message.contains("s3cr3t")), "{found:?}");
    assert_eq!(mistakes(&schema, "{}")[0].0, "");
    assert_eq!(mistakes(&schema, "no json").len(), 1);
}

#[test]
fn types_that_do_not_validate_and_other_types_take_anything() {
    let mut kind = kind(&json!({"type": "string"}));
    kind.validate = false;
    let payload = Payload::Json("{}".into());
    let none = Enforced::of([&kind]);
    assert_eq!(none.mistakes(&kind.name, &payload), Ok(Vec::new()));
    kind.validate = true;
    let enforced = Enforced::of([&kind]);
    assert_eq!(enforced.mistakes(&"other".parse().unwrap(), &payload), Ok(Vec::new()));
    assert_eq!(enforced.mistakes(&kind.name, &payload).unwrap().len(), 1);
}

#[test]
fn a_payload_with_endless_mistakes_is_told_a_bounded_number() {
    let payload = json!({"items": vec!["x".repeat(10_000); 5_000]}).to_string();
    let schema = json!({"properties": {"items": {"items": {"const": "y"}}}});
    let found = mistakes(&schema, &payload);
    assert_eq!(found.len(), PAYLOAD_MISTAKES);
    assert!(found.iter().all(|(_, message)| message.len() <= PAYLOAD_MISTAKE_BYTES + 4));
}

#[test]
fn patterns_that_would_run_for_ever_give_up() {
    let schema = json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a|aa)+\\1b$"}}});
    let payload = json!({"a": "a".repeat(5_000)}).to_string();
    assert_eq!(mistakes(&schema, &payload).len(), 1);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    assert_eq!(mistakes(&json!({"$ref": "#"}), "{}"), []);
    let schema = json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}},
        "$ref": "#/$defs/a"});
    assert_eq!(mistakes(&schema, "{}"), []);
}

#[test]
fn nothing_is_fetched() {
    for url in ["https://elsewhere.example/x", "file:///etc/passwd"] {
        check(&json!({"$ref": url})).unwrap_err();
    }
}
