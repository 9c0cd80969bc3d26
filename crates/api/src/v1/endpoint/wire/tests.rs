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
fn tru_5_adding_the_wildcard_replaces_the_list() {
    for types in [r#"["*"]"#, r#"["*","a"]"#, r#"["a","b","*"]"#, r#"["*","*"]"#] {
        let draft = read(&format!(r#"{{"url":"https://a.example","eventTypes":{types}}}"#)).unwrap();
        assert_eq!(draft.event_filter, EventFilter::Wildcard, "{types}");
    }
    for types in ["[]", r#"["no spaces"]"#, r#""a""#] {
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
fn credentials_come_together_or_are_those_that_are_there() {
    let draft = |auth: &str| read(&format!(r#"{{"url":"https://a.example","auth":{auth}}}"#));
    let kept = |auth: &str| matches!(draft(auth).unwrap().auth, AuthDraft::Shown(_));
    assert_eq!(draft("null").unwrap().auth, AuthDraft::New(Auth::None));
    assert_eq!(draft(r#"{"type":"none"}"#).unwrap().auth, AuthDraft::New(Auth::None));
    let client = r#""type":"oauth2","tokenUrl":"https://login.example/t""#;
    for (shown, whole, half) in [
        (
            r#"{"type":"basic"}"#,
            r#"{"type":"basic","username":"u","password":"p"}"#,
            r#"{"type":"basic","username":"u"}"#,
        ),
        (r#"{"type":"bearer"}"#, r#"{"type":"bearer","token":"t"}"#, r#"{"type":"bearer","tokn":"t"}"#),
        (
            r#"{"type":"header","name":"x-a"}"#,
            r#"{"type":"header","name":"x-a","value":"v"}"#,
            r#"{"type":"header","value":"v"}"#,
        ),
        (
            &format!("{{{client}}}"),
            &format!(r#"{{{client},"clientId":"i","clientSecret":"s"}}"#),
            &format!(r#"{{{client},"clientSecret":"s"}}"#),
        ),
    ] {
        assert!(kept(shown), "{shown}");
        assert!(!kept(whole), "{whole}");
        assert!(draft(half).is_err(), "{half}");
    }
}

#[test]
fn a_mistake_about_a_credential_does_not_repeat_it() {
    for auth in [r#"{"type":"bearer","token":{"s3cr3t":1}}"#, r#"{"type":"bearer","token":5173}"#] {
        let error = read(&format!(r#"{{"url":"https://a.example","auth":{auth}}}"#)).unwrap_err();
        let told = format!("{error:?}");
        assert!(!told.contains("s3cr3t") && !told.contains("5173"), "{told}");
    }
    let new = read(r#"{"url":"https://a.example","auth":{"type":"bearer","token":"s3cr3t"}}"#).unwrap();
    assert!(!format!("{new:?}").contains("s3cr3t"));
}

#[test]
fn what_has_an_operation_of_its_own_is_not_replaced() {
    for own in [r#""secret":"whsec_x""#, r#""headers":{}"#] {
        assert!(read(&format!(r#"{{"url":"https://a.example",{own}}}"#)).is_err(), "{own}");
    }
}
