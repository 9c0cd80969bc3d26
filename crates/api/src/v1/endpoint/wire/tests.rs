use super::*;

fn read(body: &str) -> Result<EndpointDraft, ApiError> {
    crate::json::parse::<EndpointIn>(body.as_bytes()).and_then(EndpointIn::into_replacement)
}

#[test]
fn both_generations_of_names_are_read() {
    let new = read(r#"{"url":"https://a.example","eventTypes":["a"],"throttleRate":3}"#).unwrap();
    let old = read(r#"{"url":"https://a.example","filterTypes":["a"],"rateLimit":3,"version":1}"#).unwrap();
    assert_eq!(new, old);
    let both = read(r#"{"url":"https://a.example","filterTypes":["a"],"eventTypes":["a"]}"#).unwrap();
    assert_eq!(both.event_filter, new.event_filter);
    assert!(read(r#"{"url":"https://a.example","filterTypes":["a"],"eventTypes":["b"]}"#).is_err());
}

#[test]
fn what_is_not_offered_is_refused_unless_null() {
    for field in ["profile", "auth", "filter", "scope", "tls"] {
        assert!(read(&format!(r#"{{"url":"https://a.example","{field}":"x"}}"#)).is_err(), "{field}");
        assert!(read(&format!(r#"{{"url":"https://a.example","{field}":null}}"#)).is_ok(), "{field}");
    }
    assert!(read(r#"{"url":"https://a.example","somethingElse":1}"#).is_ok());
}

#[test]
fn the_wildcard_stands_alone() {
    let draft = read(r#"{"url":"https://a.example","eventTypes":["*"]}"#).unwrap();
    assert_eq!(draft.event_filter, EventFilter::Wildcard);
    for types in [r#"["*","a"]"#, "[]", r#"["no spaces"]"#, r#""a""#] {
        assert!(read(&format!(r#"{{"url":"https://a.example","eventTypes":{types}}}"#)).is_err(), "{types}");
    }
}

#[test]
fn a_mask_keeps_the_user_name_and_password() {
    let draft = |url: &str| read(&format!(r#"{{"url":"{url}"}}"#)).unwrap();
    assert_eq!(draft("https://***@a.example/").userinfo, Userinfo::Kept);
    assert_eq!(draft("https://a.example/").userinfo, Userinfo::None);
    let new = draft("https://me:p%40ss@a.example/");
    assert_eq!(new.userinfo, Userinfo::New(Secret::new("me:p@ss")));
    assert_eq!(new.url.as_str(), "https://a.example/");
}

#[test]
fn what_has_an_operation_of_its_own_is_not_replaced() {
    for own in [r#""secret":"whsec_x""#, r#""headers":{}"#] {
        assert!(read(&format!(r#"{{"url":"https://a.example",{own}}}"#)).is_err(), "{own}");
    }
}
