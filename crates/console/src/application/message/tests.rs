use super::readable;

#[test]
fn json_is_laid_out_without_touching_a_token() {
    let json = br#"{"a":[1,{"b":"x, {y}: \"z\\"}],"n":1.00000000000000000001,"n":2,"e":{},"f":[ ]}"#;
    insta::assert_snapshot!(readable(json), @r#"
    {
      "a": [
        1,
        {
          "b": "x, {y}: \"z\\"
        }
      ],
      "n": 1.00000000000000000001,
      "n": 2,
      "e": {},
      "f": []
    }
    "#);
}

#[test]
fn what_is_no_json_stays_as_it_came() {
    assert_eq!(readable(b"a=1,b={2}"), "a=1,b={2}");
    assert_eq!(readable(b"{\"a\":"), "{\"a\":");
    assert_eq!(readable(b"\xff"), "\u{fffd}");
}
