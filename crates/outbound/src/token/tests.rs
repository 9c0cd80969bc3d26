use fanfare_core::endpoint::WebhookUrl;
use proptest::prelude::*;

use super::*;

fn client(credentials_in: CredentialsIn) -> ClientCredentials {
    ClientCredentials {
        token_url: WebhookUrl::try_from("https://auth.example/token?tenant=1".to_owned()).unwrap(),
        client_id: Secret::new("id:1"),
        client_secret: Secret::new("pä ss&"),
        scope: None,
        audience: None,
        credentials_in,
    }
}

fn shown(request: &Request) -> String {
    let headers =
        request.headers.iter().map(|header| format!("{}: {}\n", header.name, header.value.reveal()));
    format!("{}\n{}", headers.collect::<String>(), std::str::from_utf8(&request.body).unwrap())
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, retry_after: None, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn wrong(status: u16, body: &str) -> String {
    granted(&answer(status, body)).expect_err(body)
}

fn granted_for(body: &str) -> (String, Option<u64>) {
    let granted = granted(&answer(200, body)).expect(body);
    (granted.token.reveal().to_owned(), granted.lifetime.map(|lifetime| lifetime.as_secs()))
}

#[test]
fn jof_9_credentials_stand_in_basic_each_encoded_before_they_are_joined() {
    // Of `id%3A1:p%C3%A4+ss%26`.
    assert_eq!(
        shown(&request(&client(CredentialsIn::Basic), None)),
        "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n\
         Authorization: Basic aWQlM0ExOnAlQzMlQTQrc3MlMjY=\n\ngrant_type=client_credentials"
    );
}

#[test]
fn jof_9_credentials_stand_in_the_body_with_scope_and_audience() {
    let client = ClientCredentials {
        scope: Some("read write".to_owned()),
        audience: Some("https://api.example/".to_owned()),
        ..client(CredentialsIn::Body)
    };
    let agent = public("user-agent", "jofi/1");
    assert_eq!(
        shown(&request(&client, Some(&agent))),
        "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\nuser-agent: jofi/1\n\n\
         grant_type=client_credentials&client_id=id%3A1&client_secret=p%C3%A4+ss%26\
         &scope=read+write&audience=https%3A%2F%2Fapi.example%2F"
    );
}

#[test]
fn a_request_goes_to_the_token_url_and_prints_no_secret() {
    let request = request(&client(CredentialsIn::Body), None);
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.target, Target::Http("https://auth.example/token?tenant=1".parse().unwrap()));
    let printed = format!("{request:?}");
    assert!(!printed.contains("ss%26") && !printed.contains("client_secret"), "{printed}");
}

#[test]
fn tokens_are_taken_as_they_come() {
    for (body, expected) in [
        (
            r#"{"access_token":"a.b-c_~+/=","token_type":"Bearer","expires_in":3600}"#,
            ("a.b-c_~+/=", Some(3600)),
        ),
        (r#"{"access_token":"t","token_type":"BEARER","expires_in":"60","scope":"x"}"#, ("t", Some(60))),
        (r#"{"access_token":"t"}"#, ("t", None)),
        (r#"{"access_token":"t","token_type":null,"expires_in":null}"#, ("t", None)),
        (r#"{"access_token":"t","expires_in":0.9}"#, ("t", Some(0))),
        (r#"{"access_token":"t","expires_in":1e300}"#, ("t", Some(TOKEN_KEPT_MOST.as_secs()))),
        (r#"{"access_token":"t","error":"invalid_client"}"#, ("t", None)),
    ] {
        assert_eq!(granted_for(body), (expected.0.to_owned(), expected.1), "{body}");
    }
}

#[test]
fn answers_without_a_usable_token_are_explained() {
    for (body, expected) in [
        ("", "answered 200 with a body that is not a JSON object"),
        ("<html>s3cret</html>", "answered 200 with a body that is not a JSON object"),
        (r#"["s3cret"]"#, "answered 200 with a body that is not a JSON object"),
        (r#"{"token":"s3cret"}"#, "answered 200 without an access_token"),
        (r#"{"access_token":""}"#, "answered 200 without an access_token"),
        (r#"{"access_token":["s3cret"]}"#, "answered 200 without an access_token"),
        (r#"{"error":"invalid_client"}"#, "answered 200 (invalid_client) without an access_token"),
        (
            r#"{"access_token":"s3cret","token_type":"dpop"}"#,
            "gave a token whose token_type is not Bearer (DPoP): only Bearer tokens can be sent",
        ),
        (
            r#"{"access_token":"s3cret","token_type":"s3cret"}"#,
            "gave a token whose token_type is not Bearer: only Bearer tokens can be sent",
        ),
        (
            r#"{"access_token":"s3cret","token_type":7}"#,
            "gave a token whose token_type is not Bearer: only Bearer tokens can be sent",
        ),
        (
            r#"{"access_token":"s3cret\r\nX-Evil: 1"}"#,
            "gave an access token with characters that a header cannot carry",
        ),
        (r#"{"access_token":"s3 cret"}"#, "gave an access token with characters that a header cannot carry"),
        (r#"{"access_token":"s3crét"}"#, "gave an access token with characters that a header cannot carry"),
        (
            r#"{"access_token":"s3cret","expires_in":-1}"#,
            "gave a token whose expires_in is not a number of seconds",
        ),
        (
            r#"{"access_token":"s3cret","expires_in":"NaN"}"#,
            "gave a token whose expires_in is not a number of seconds",
        ),
        (
            r#"{"access_token":"s3cret","expires_in":{}}"#,
            "gave a token whose expires_in is not a number of seconds",
        ),
    ] {
        assert_eq!(wrong(200, body), expected, "{body}");
    }
}

#[test]
fn sizes_are_bounded() {
    let of = |length: usize| format!(r#"{{"access_token":"{}"}}"#, "x".repeat(length));
    assert_eq!(granted_for(&of(TOKEN_BYTES)).0.len(), TOKEN_BYTES);
    assert_eq!(wrong(200, &of(TOKEN_BYTES + 1)), "gave an access token of more than 16384 bytes");
    assert_eq!(wrong(200, &of(TOKEN_ANSWER_BYTES)), "answered with more than 32768 bytes");
}

#[test]
fn refusals_name_the_status_and_registered_words_only() {
    for (status, body, expected) in [
        (400, r#"{"error":"invalid_scope","error_description":"s3cret"}"#, "answered 400 (invalid_scope)"),
        (401, r#"{"error":"invalid_client"}"#, "answered 401 (invalid_client)"),
        (401, r#"{"error":"s3cret"}"#, "answered 401"),
        (500, "<html>s3cret", "answered 500"),
        (201, r#"{"access_token":"s3cret"}"#, "answered 201"),
        (302, "", "answered 302; redirects are not followed"),
    ] {
        assert_eq!(wrong(status, body), expected, "{body}");
    }
}

proptest! {
    #[test]
    fn any_answer_gives_a_token_that_a_header_can_carry_or_an_error(status in 100u16..600, body in any::<Vec<u8>>()) {
        let response = Response { status, retry_after: None, body: body.into() };
        if let Ok(granted) = granted(&response) {
            prop_assert!(granted.token.reveal().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn any_token_is_carried_whole_or_refused(token in any::<String>(), kind in "(?i)bearer|mac") {
        let body = serde_json::json!({"access_token": token, "token_type": kind, "expires_in": 10}).to_string();
        let safe = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        match granted(&answer(200, &body)) {
            Ok(granted) => prop_assert!(safe && granted.token.reveal() == token && kind != "mac"),
            Err(_) => prop_assert!(!safe || kind.eq_ignore_ascii_case("mac")),
        }
    }

    #[test]
    fn any_credentials_come_back_out_of_basic(id in any::<String>(), secret in any::<String>()) {
        let client = ClientCredentials {
            client_id: Secret::new(id.as_str()),
            client_secret: Secret::new(secret.as_str()),
            ..client(CredentialsIn::Basic)
        };
        let decoded = String::from_utf8(STANDARD.decode(basic(&client)).unwrap()).unwrap();
        let parts: Vec<&str> = decoded.split(':').collect();
        let back = |part: &str| {
            let pair = url::form_urlencoded::parse(part.as_bytes()).next();
            pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
        };
        prop_assert_eq!(parts.len(), 2);
        prop_assert_eq!((back(parts[0]), back(parts[1])), (id, secret));
    }
}
