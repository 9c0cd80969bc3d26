use super::*;

fn with_headers(headers: &[(&str, &str)]) -> Credentials {
    let secret = |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::new(*value));
    Credentials { headers: headers.iter().map(secret).collect(), ..Credentials::default() }
}

fn names(request: &Request) -> Vec<&str> {
    request.headers.iter().map(|header| header.name.as_str()).collect()
}

#[test]
fn a_profile_that_names_no_header_writes_none() {
    let request = rendered(&profile(""), &credentials(&[]), &message("{}")).unwrap();
    assert_eq!(wire(&request), "PUT https://customer.example/hook?a=1\n\n{}\nkey None");
}

#[test]
fn headers_keep_their_order_and_letter_case() {
    let shouting = profile("[headers]\nZ-Last = \"1\"\nTT-Hook-Event = \"{event.type}\"\na-first = \"{{}}\"");
    let request = rendered(&shouting, &with_headers(&[("X-Own", "mine")]), &message("{}")).unwrap();
    assert_eq!(names(&request), ["Z-Last", "TT-Hook-Event", "a-first", "X-Own"]);
    let values: Vec<_> = request.headers.iter().map(|header| header.value.reveal()).collect();
    assert_eq!(values, ["1", "invoice.paid", "{}", "mine"]);
}

#[test]
fn signatures_stand_before_or_after_the_other_headers_as_in_the_text() {
    let signature = |name: &str| format!("[[signatures]]\nheader = \"{name}\"\nalgorithm = \"hmac-sha1\"\n");
    let (first, last) = (signature("X-First"), signature("X-Last"));
    let (shared, headers) = (first.clone(), "[headers]\nX-Event = \"{event.type}\"\n");
    for (text, order) in [
        (format!("{first}{headers}{last}"), ["X-First", "X-Event", "X-Last"].as_slice()),
        (format!("{first}{last}{headers}"), &["X-First", "X-Last", "X-Event"]),
        (format!("{headers}{first}{last}"), &["X-Event", "X-First", "X-Last"]),
        (format!("{first}{headers}{shared}"), &["X-First", "X-Event"]),
        (first, &["X-First"]),
    ] {
        let profile = profile(&format!("{text}{}", token_secrets()));
        let request = rendered(&profile, &credentials(&["s"]), &message("{}")).unwrap();
        assert_eq!(names(&request), order, "{text}");
        assert_eq!(request.key_number, Some(1));
    }
}

#[test]
fn an_absent_value_leaves_its_header_out() {
    let headers = "[headers]\nx-event-id = \"id {event.id}\"\nx-token = \"{secret}\"";
    let optional = profile(&format!("{headers}{}", token_secrets()));
    let mut message = message("{}");
    assert!(rendered(&optional, &credentials(&[]), &message).unwrap().headers.is_empty());
    message.event_id = Some("evt-1".parse().unwrap());
    let request = rendered(&optional, &credentials(&["s"]), &message).unwrap();
    assert_eq!(names(&request), ["x-event-id", "x-token"]);
    assert!(!request.headers[0].sensitive && request.headers[1].sensitive);
}

#[test]
fn times_come_in_many_forms() {
    for (placeholder, expected) in [
        ("attempt.timestamp", "1795237200"),
        ("attempt.timestamp.unix_millis", "1795237200123"),
        ("attempt.timestamp.seconds", "2026-11-21T05:00:00Z"),
        ("attempt.timestamp.millis", "2026-11-21T05:00:00.123Z"),
        ("attempt.timestamp.micros", "2026-11-21T05:00:00.123000Z"),
        ("message.timestamp", "1795237140"),
        ("message.timestamp.millis", "2026-11-21T04:59:00.123Z"),
    ] {
        let timed = profile(&format!("[headers]\nx-at = \"{{{placeholder}}}\""));
        let request = rendered(&timed, &credentials(&[]), &message("{}")).unwrap();
        assert_eq!(request.headers[0].value.reveal(), expected, "{placeholder}");
    }
}

#[test]
fn userinfo_becomes_basic_authorization() {
    let mut credentials = Credentials { userinfo: Some(Secret::new("user:pass")), ..Credentials::default() };
    let request = rendered(&profile(""), &credentials, &message("{}")).unwrap();
    assert_eq!(names(&request), ["authorization"]);
    assert_eq!(request.headers[0].value.reveal(), "Basic dXNlcjpwYXNz");
    assert!(request.headers[0].sensitive);

    credentials.headers = vec![("Authorization".into(), Secret::new("Bearer t"))];
    let request = rendered(&profile(""), &credentials, &message("{}")).unwrap();
    assert_eq!(names(&request), ["Authorization"]);
    assert_eq!(request.headers[0].value.reveal(), "Bearer t");
}

#[test]
fn what_would_break_out_of_its_header_fails_the_delivery() {
    for (name, value) in
        [("x-a", "1\r\nx-b: 2"), ("x-a", "1\n"), ("x-a", "\u{7f}"), ("x-a", "\0"), ("x a", "1"), ("", "1")]
    {
        let error = rendered(&profile(""), &with_headers(&[(name, value)]), &message("{}")).unwrap_err();
        let RenderError::Invalid(text) = error else { panic!("{error}") };
        assert!(!text.contains('\n') && !text.contains("x-b"), "{text}");
    }
    let secret_in_header = profile(&format!("[headers]\nauthorization = \"{{secret}}\"{}", token_secrets()));
    let credentials = credentials(&["a\r\nx-b: 2"]);
    assert!(matches!(
        rendered(&secret_in_header, &credentials, &message("{}")),
        Err(RenderError::Invalid(_))
    ));
}

#[test]
fn a_custom_header_never_stands_beside_the_profiles_own() {
    let error = rendered(&built_in()[0], &with_headers(&[("Webhook-Id", "forged")]), &message("{}"));
    assert!(matches!(error, Err(RenderError::Invalid(_))), "{error:?}");
}
