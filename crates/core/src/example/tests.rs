use super::*;

fn check(schemas: Value, expected: &Value) {
    let schemas = serde_json::from_value(schemas).unwrap();
    assert_eq!(of(&schemas), *expected);
}

#[test]
fn the_newest_version_gives_the_example() {
    let one = json!({"examples": [{"n": 1}]});
    check(json!({"9": one, "10": {"examples": [{"n": 10}]}}), &json!({"n": 10}));
    check(json!({"1": {"example": {"n": 2}}}), &json!({"n": 2}));
    check(json!({}), &json!({}));
}

#[test]
fn without_an_example_one_is_made_up() {
    let schema = json!({"type": "object", "properties": {
        "id": {"type": "string", "examples": ["inv_1"]},
        "amount": {"type": "integer", "minimum": 3},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        "state": {"enum": ["paid", "open"]},
    }});
    let expected = json!({"id": "inv_1", "amount": 3, "lines": [{"sku": "string"}], "state": "paid"});
    check(json!({"1": schema}), &expected);
    check(json!({"1": {"type": "string"}}), &json!({}));
}
