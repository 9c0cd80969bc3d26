//! What is told about the part that does not match.

use super::*;

const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;

fn sha1() -> Profile {
    signing("hmac-sha1", "hex", "format = \"sha1={signature}\"")
}

/// A request of the profile `sha1`, signed with `s3cr3t`; the digest is the one of systems.md, section F.
fn clocking() -> Sent {
    Sent {
        method: "POST".into(),
        headers: vec![("x-sig".into(), "sha1=b6e18b57577bc054fb1864f0ddb56f380f3f8aa9".into())],
        body: CLOCKING.into(),
    }
}

fn told(profile: &Profile, lot: &[&str], sent: &Sent) -> Vec<String> {
    complaints(&Verifier::new(profile, &secrets(lot)).unwrap().check(&sent.captured(), NOW))
}

#[test]
fn known_answer() {
    assert_eq!(told(&sha1(), &["s3cr3t"], &clocking()), [""; 0]);
}

#[test]
fn says_what_is_wrong_with_a_signature() {
    let with = |value: &str| {
        let mut sent = clocking();
        *sent.header("X-Sig") = value.to_owned();
        told(&sha1(), &["s3cr3t"], &sent).join("; ")
    };
    let mut changed = clocking();
    changed.body.push(b'\n');
    let mut missing = clocking();
    missing.remove("x-sig");
    let mut twice = clocking();
    twice.headers.push(twice.headers[0].clone());
    insta::assert_snapshot!(
        [
            told(&sha1(), &["s3cr3t"], &changed).join("; "),
            told(&sha1(), &["another"], &clocking()).join("; "),
            told(&sha1(), &["s3cr3t"], &missing).join("; "),
            told(&sha1(), &["s3cr3t"], &twice).join("; "),
            told(&sha1(), &[], &clocking()).join("; "),
            with("b6e18b57577bc054fb1864f0ddb56f380f3f8aa9"),
            with("sha1=B6E18B57577BC054FB1864F0DDB56F380F3F8AA9"),
            with("sha1=a8adc92e1a45931c5582cda9fc7acc85fbe377dff75fe83040c8f67901981ab4"),
        ]
        .join("\n")
    );
}

#[test]
fn a_request_without_a_secret_is_unsigned() {
    let mut sent = clocking();
    sent.remove("x-sig");
    assert_eq!(told(&sha1(), &[], &sent), [""; 0]);
}

#[test]
fn tri_5_the_token_stands_in_header_and_body() {
    let token = profile(
        "[headers]\nAuthorization = \"{secret}\"\n[body]\ntemplate = '{\"_token\": $secret, ...$payload}'\n\
         [secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n",
    );
    let sent = Sent::by(&token, &credentials(&["t0ken"]), &message("{}"));
    assert_eq!(told(&token, &["t0ken"], &sent), [""; 0]);

    let mut header = sent.clone();
    *header.header("authorization") = "t0kem".into();
    assert_eq!(
        told(&token, &["t0ken"], &header),
        ["header Authorization: holds another secret than the one given"]
    );
    let mut body = sent.clone();
    body.body = br#"{"_token":"t0kem"}"#.into();
    assert_eq!(told(&token, &["t0ken"], &body), ["body _token: holds another secret than the one given"]);
    body.body = b"{}".into();
    assert_eq!(told(&token, &["t0ken"], &body), ["body: `_token` is missing"]);
    body.body = b"[".into();
    assert_eq!(told(&token, &["t0ken"], &body), ["body: 1 bytes that are not JSON"]);
    assert_eq!(told(&token, &[], &sent).len(), 2);
}

#[test]
fn says_what_is_wrong_with_method_headers_and_time() {
    let standard = &built_in()[0];
    let secret = standard.generate_secret(&Counting::default());
    let sent = Sent::by(standard, &credentials(&[secret.reveal()]), &message("{}"));
    let told_at = |sent: &Sent, now| {
        let verifier = Verifier::new(standard, std::slice::from_ref(&secret)).unwrap();
        complaints(&verifier.check(&sent.captured(), now)).join("; ")
    };
    let change = |name: &str, value: Option<&str>| {
        let mut sent = sent.clone();
        match value {
            Some(value) => *sent.header(name) = value.to_owned(),
            None => sent.remove(name),
        }
        told_at(&sent, NOW)
    };
    let mut put = sent.clone();
    put.method = "PUT".into();
    insta::assert_snapshot!(
        [
            told_at(&put, NOW),
            told_at(&sent, NOW + Duration::from_secs(301)),
            told_at(&sent, NOW - Duration::from_secs(301)),
            change("content-type", Some("text/plain")),
            change("webhook-id", None),
            change("webhook-id", Some("msg_another")),
            change("webhook-timestamp", Some("yesterday")),
            change("webhook-signature", None),
            change("webhook-signature", Some("v2,abc")),
        ]
        .join("\n")
    );
    let at_its_edge = told_at(&sent, NOW + Duration::from_secs(299));
    assert_eq!(at_its_edge, "");
    let verifier = Verifier::new(standard, std::slice::from_ref(&secret)).unwrap().with_tolerance(None);
    let much_later = NOW + Duration::from_secs(86_400);
    assert_eq!(Verdict::of(&verifier.check(&sent.captured(), much_later)), Verdict::Right);
}

#[test]
fn a_signed_value_that_the_request_does_not_show_can_be_told() {
    let profile = signing("hmac-sha256", "base64", "content = \"{endpoint.url}{body}\"");
    let sent = Sent::by(&profile, &credentials(&["s3cr3t"]), &message("{}"));
    let verifier = Verifier::new(&profile, &secrets(&["s3cr3t"])).unwrap();
    let checks = verifier.check(&sent.captured(), NOW);
    assert_eq!(Verdict::of(&checks), Verdict::Unchecked, "it may be right: {checks:?}");
    let told = complaints(&checks);
    let expected = "signature X-Sig: covers `endpoint.url`, which the request does not show: tell it with \
                    `--value endpoint.url=…`";
    assert_eq!(told, [expected]);

    let wrong = verifier.clone().with_value("endpoint.url", "https://another.example/").unwrap();
    assert_eq!(Verdict::of(&wrong.check(&sent.captured(), NOW)), Verdict::Wrong);
    let knowing = verifier.clone().with_value("endpoint.url", endpoint().url.as_str()).unwrap();
    assert_eq!(Verdict::of(&knowing.check(&sent.captured(), NOW)), Verdict::Right);
    let error = verifier.with_value("endpoint.nonsense", "").unwrap_err();
    assert!(error.contains("endpoint.url"), "{error}");
}

#[test]
fn a_secret_of_another_shape_is_refused_without_being_repeated() {
    let error = Verifier::new(&built_in()[0], &secrets(&["s3cr3t"])).unwrap_err().to_string();
    assert!(error.contains("whsec_") && !error.contains("s3cr3t"), "{error}");
    let none = profile("");
    let error = Verifier::new(&none, &secrets(&["s3cr3t"])).unwrap_err().to_string();
    assert_eq!(error, "profile test knows no secrets: leave it out");
}

#[test]
fn qua_7_authentication_is_checked_beside_the_signature() {
    let secret = |text: &str| Secret::new(text);
    let told = |auth: &Auth, name: &str, value: &str| {
        let (profile, headers) = (profile(""), [(name.to_owned(), value.to_owned())]);
        let verifier = Verifier::new(&profile, &[]).unwrap().with_auth(auth.clone());
        complaints(&verifier.check(&Captured { method: "POST", headers: &headers, body: b"" }, NOW))
            .join("; ")
    };
    let basic = Auth::Basic { username: secret("user"), password: secret("pass") };
    let bearer = Auth::Bearer { token: secret("abc") };
    let header = Auth::Header { name: "x-test-authorization-header".into(), value: secret("123456ots") };
    assert_eq!(told(&basic, "Authorization", "Basic dXNlcjpwYXNz"), "");
    assert_eq!(told(&bearer, "authorization", "Bearer abc"), "");
    assert_eq!(told(&header, "X-Test-Authorization-Header", "123456ots"), "");
    insta::assert_snapshot!(
        [
            told(&basic, "Authorization", "Basic dXNlcjpwYXNx"),
            told(&basic, "Authorization", "Bearer abc"),
            told(&bearer, "X-Other", "Bearer abc"),
            told(&header, "x-test-authorization-header", "123456"),
        ]
        .join("\n")
    );
}

/// What is left out of a request must not pass for something that only was not told.
#[test]
fn a_signed_value_that_the_request_should_show_is_missed() {
    let profile = signing(
        "hmac-sha256",
        "base64",
        "content = \"{event.id}.{message.timestamp}.{body}\"\n[headers]\nX-Id = \"{event.id}\"\n[body]\n\
         template = '{\"at\": $message.timestamp.millis, ...$payload}'\n",
    );
    let mut message = message("{}");
    message.event_id = Some("evt-1".parse().unwrap());
    let mut sent = Sent::by(&profile, &credentials(&["s3cr3t"]), &message);
    assert_eq!(told(&profile, &["s3cr3t"], &sent), [""; 0]);
    sent.remove("x-id");
    let expected = "signature X-Sig: HMAC-SHA256 in base64: covers `event.id`, which the request should show \
                    but does not";
    assert_eq!(told(&profile, &["s3cr3t"], &sent), [expected]);
}

#[test]
fn null_stands_only_for_what_may_be_absent_and_only_in_an_array() {
    const SECRETS: &str =
        "\n[secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";
    let told = |template: &str, body: &str| {
        let profile = profile(&format!("[body]\ntemplate = '{template}'{SECRETS}"));
        let sent = Sent { method: "POST".into(), headers: vec![], body: body.into() };
        told(&profile, &["s3cr3t"], &sent).join("; ")
    };
    let token = r#"{"_token": $secret}"#;
    assert_eq!(told(token, r#"{"_token": null}"#), "body: `_token` is not as the profile writes it");
    assert_eq!(told("[$secret]", "[null]"), "body: `0` is not as the profile writes it");
    assert_eq!(told("[$event.type]", "[null]"), "body: `0` is not as the profile writes it");
    assert_eq!(told("[$event.id]", "[null]"), "");
    let id = r#"{"id": $event.id}"#;
    assert_eq!(told(id, r#"{"id": null}"#), "body: `id` is not as the profile writes it", "it is left out");
    assert_eq!(told(id, "{}"), "");
}

#[test]
fn values_have_the_json_type_and_the_form_that_the_profile_writes() {
    let profile = profile(
        "[body]\ntemplate = '{\"at\": $message.timestamp.millis, \"n\": $message.timestamp, \"live\": $endpoint.live}'",
    );
    let told = |body: &str| {
        let sent = Sent { method: "POST".into(), headers: vec![], body: body.into() };
        told(&profile, &[], &sent).join("; ")
    };
    let time = r#""at": "2026-11-21T05:00:00.123Z""#;
    assert_eq!(told(&format!(r#"{{{time}, "n": 1795237200, "live": true}}"#)), "");
    for (body, part) in [
        (r#"{"at": "yesterday", "n": 1795237200, "live": true}"#.to_owned(), "at"),
        (r#"{"at": 1795237200, "n": 1795237200, "live": true}"#.to_owned(), "at"),
        (format!(r#"{{{time}, "n": "1795237200", "live": true}}"#), "n"),
        (format!(r#"{{{time}, "n": 1795237200.5, "live": true}}"#), "n"),
        (format!(r#"{{{time}, "n": 1795237200, "live": 1}}"#), "live"),
    ] {
        assert_eq!(told(&body), format!("body: `{part}` is not as the profile writes it"));
    }
}

/// JOF-8: HMAC is for endpoints that authenticate in no other way.
#[test]
fn jof_8_beside_basic_no_signature_is_expected() {
    let jofi = built_in().into_iter().find(|profile| profile.name.as_str() == "jofi").unwrap();
    let basic = Auth::Basic { username: Secret::new("user"), password: Secret::new("pass") };
    let mut credentials = credentials(&["s3cr3t"]);
    let signed = Sent::by(&jofi, &credentials, &message(r#"{"object":"test_taker"}"#));
    credentials.auth = basic.clone();
    let mut plain = Sent::by(&jofi, &credentials, &message(r#"{"object":"test_taker"}"#));
    plain.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    plain.headers.push(("Authorization".into(), "Basic dXNlcjpwYXNz".into()));

    let with_secret = Verifier::new(&jofi, &secrets(&["s3cr3t"])).unwrap();
    assert_eq!(complaints(&with_secret.check(&signed.captured(), NOW)), [""; 0]);
    let complained = complaints(&with_secret.check(&plain.captured(), NOW));
    assert!(complained[0].contains("X-JOFI-Signature: the header is missing"), "{complained:?}");
    let with_basic = with_secret.with_auth(basic);
    assert_eq!(complaints(&with_basic.check(&plain.captured(), NOW)), [""; 0]);
}
