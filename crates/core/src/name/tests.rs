use super::*;

#[test]
fn plain_names() {
    for text in ["a", "invoice.paid", "A-b_c.9", &"x".repeat(256)] {
        assert_eq!(text.parse::<EventTypeName>().unwrap().as_str(), text);
    }
    assert_eq!("".parse::<EventTypeName>(), Err(InvalidName::Length(256)));
    assert_eq!("x".repeat(257).parse::<EventTypeName>(), Err(InvalidName::Length(256)));
    assert_eq!("x".repeat(129).parse::<Channel>(), Err(InvalidName::Length(128)));
    for (text, wrong) in [("a b", ' '), ("a/b", '/'), ("é", 'é'), ("a\n", '\n'), ("a:b", ':'), ("*", '*')] {
        assert_eq!(text.parse::<EventTypeName>(), Err(InvalidName::Character(wrong)), "{text:?}");
    }
}

#[test]
fn a_uid_is_never_taken_for_an_id() {
    let digits = "0QdssH7qXTkQhWjXXjW9CNIjviV";
    for prefix in ["env_", "app_", "ep_", "msg_", "atmpt_", "key_", "job_", "audit_"] {
        assert_eq!(format!("{prefix}{digits}").parse::<Uid>(), Err(InvalidName::LooksLikeId(prefix)));
        assert!(format!("{prefix}{}", &digits[1..]).parse::<Uid>().is_ok());
        assert!(format!("{prefix}{digits}").parse::<EventId>().is_ok());
    }
}

#[test]
fn ordering_keys_are_any_printable_text() {
    assert!("order 17 / é 🃏".parse::<OrderingKey>().is_ok());
    assert_eq!("a\tb".parse::<OrderingKey>(), Err(InvalidName::Control));
    assert_eq!("é".repeat(129).parse::<OrderingKey>(), Err(InvalidName::Length(256)));
}

#[test]
fn names_are_checked_wherever_they_come_from() {
    assert_eq!(serde_json::from_str::<Tag>("\"a\"").unwrap().to_string(), "a");
    assert_eq!(serde_json::to_string(&"a.b".parse::<Tag>().unwrap()).unwrap(), "\"a.b\"");
    assert!(serde_json::from_str::<Tag>("\"a b\"").is_err());
}
