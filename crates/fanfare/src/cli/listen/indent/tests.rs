use proptest::prelude::*;

use super::*;

#[test]
fn every_token_stays_as_it_came() {
    let json = r#"{"a" : 1.10,"a":[ ],"big":12345678901234567890123,"s":"x: {\"y\", [\\"  , "deep":[{"b":null},[1,2]],"e":{ }}"#;
    insta::assert_snapshot!(indented(json).unwrap(), @r#"
    {
      "a": 1.10,
      "a": [],
      "big": 12345678901234567890123,
      "s": "x: {\"y\", [\\",
      "deep": [
        {
          "b": null
        },
        [
          1,
          2
        ]
      ],
      "e": {}
    }
    "#);
}

#[test]
fn what_is_not_json_is_left_alone() {
    for text in ["", "{", "a=b", "{} {}", "\"open"] {
        assert_eq!(indented(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn indenting_changes_nothing_but_spaces_between_tokens(texts in prop::collection::vec("\\PC{0,10}", 0..6)) {
        let json = serde_json::json!({"list": texts, "nested": {"texts": &texts}, "none": []}).to_string();
        let shown = indented(&json).unwrap();
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(read(&shown), read(&json));
        prop_assert_eq!(indented(&shown).unwrap(), shown);
    }
}
