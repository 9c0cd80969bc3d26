use super::*;

#[test]
fn lists_come_in_three_spellings() {
    for text in ["x=a,b", "x[]=a&x[]=b", "x[0]=a&x[1]=b", "x%5B0%5D=a&x%5B%5D=b", "x=a&x=b"] {
        let list: Option<Vec<String>> = Query::of(text).list("x").unwrap();
        assert_eq!(list, Some(vec!["a".to_owned(), "b".to_owned()]), "{text}");
    }
    assert_eq!(Query::of("xy=a&y[0]=b").list::<String>("x").unwrap(), None);
}

#[test]
fn a_list_has_an_end() {
    let names = |many: usize| Query::of(&format!("x={}", "a,".repeat(many))).list::<String>("x");
    assert_eq!(names(QUERY_NAMES).unwrap().unwrap().len(), QUERY_NAMES);
    assert!(names(QUERY_NAMES + 1).is_err());
}

#[test]
fn times_come_in_two_formats() {
    let expected = Timestamp::parse("2026-11-21T05:00:00.123456Z").unwrap();
    for text in [
        "t=2026-11-21T05:00:00.123456Z",
        "t=2026-11-21%2005:00:00.123456789%20UTC",
        "t=2026-11-21T05:00:00.123456%2B00:00",
        "t=2026-11-21T05:00:00.123456+00:00",
    ] {
        assert_eq!(Query::of(text).time("t").unwrap(), Some(expected), "{text}");
    }
    assert!(Query::of("t=yesterday").time("t").is_err());
}

#[test]
fn flags_are_true_or_false() {
    assert!(Query::of("f=true").flag("f", false).unwrap());
    assert!(Query::of("").flag("f", true).unwrap());
    assert!(Query::of("f=perhaps").flag("f", true).is_err());
}
