use bytes::Bytes;

use super::*;
use crate::{
    message::Payload,
    profile::built_in,
    sample::{NOW, credentials, endpoint, message},
};

mod auth;
mod body;
mod drops;
mod headers;
mod lifecycle;
mod signatures;
mod systems;

/// Renders with a profile, keys and a payload.
fn rendered(profile: &Profile, credentials: &Credentials, message: &Message) -> Result<Request, RenderError> {
    render(&Rendering { profile, endpoint: &endpoint(), credentials, message, now: NOW })
}

/// A profile with these lines beside what every profile needs.
fn profile(lines: &str) -> Profile {
    Profile::parse(&format!("name = \"test\"\nmethods = [\"PUT\"]\n{lines}")).unwrap()
}

/// Secrets that are plain text.
fn token_secrets() -> &'static str {
    "\n[secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n"
}

/// The request as it would stand on the wire.
fn wire(request: &Request) -> String {
    let line = |header: &Header| {
        let mark = if header.sensitive { " (sensitive)" } else { "" };
        format!("{}: {}{mark}\n", header.name, header.value.reveal())
    };
    let headers: String = request.headers.iter().map(line).collect();
    let target = match &request.target {
        Target::Http(url) => url.to_string(),
        Target::Inbox(endpoint) => endpoint.to_string(),
    };
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {target}\n{headers}\n{body}\nkey {:?}", request.method.as_str(), request.key_number)
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn standard_writes_what_standard_webhooks_says() {
    let standard = &built_in()[0];
    let request =
        rendered(standard, &credentials(&[SECRET]), &message(r#"{"amount": 1.10, "é": "🃏"}"#)).unwrap();
    insta::assert_snapshot!(wire(&request));
}

#[test]
fn a_raw_body_is_not_copied() {
    let message = message(r#"{"a":1}"#);
    let request = rendered(&built_in()[0], &credentials(&[]), &message).unwrap();
    assert_eq!(request.body.as_ptr(), message.payload.bytes().unwrap().as_ptr());
}

#[test]
fn an_inbox_is_no_url() {
    let mut inbox = endpoint();
    inbox.kind = EndpointKind::Inbox;
    let (profile, credentials, message) = (&built_in()[0], &credentials(&[SECRET]), &message("{}"));
    let rendering = Rendering { profile, endpoint: &inbox, credentials, message, now: NOW };
    assert_eq!(render(&rendering).unwrap().target, Target::Inbox(inbox.id));
}

#[test]
fn an_endpoint_chooses_among_the_methods_of_the_profile() {
    let (mut chosen, profile) = (endpoint(), Profile::parse("name = \"p\"\nmethods = [\"POST\", \"PATCH\"]"));
    let (profile, credentials, message) = (&profile.unwrap(), &credentials(&[]), &message("{}"));
    for (wish, method) in
        [(None, Method::Post), (Some(Method::Patch), Method::Patch), (Some(Method::Put), Method::Post)]
    {
        chosen.method = wish;
        let rendering = Rendering { profile, endpoint: &chosen, credentials, message, now: NOW };
        assert_eq!(render(&rendering).unwrap().method, method, "{wish:?}");
    }
}

#[test]
fn an_erased_payload_is_not_sent() {
    let mut message = message("{}");
    message.payload = Payload::Expunged;
    let error = rendered(&built_in()[0], &credentials(&[SECRET]), &message).unwrap_err();
    assert_eq!(error, RenderError::PayloadGone);
}

#[test]
fn a_body_over_the_cap_is_not_sent() {
    let capped = profile("[delivery]\nmax_body_bytes = 7");
    let send = |payload| rendered(&capped, &credentials(&[]), &message(payload));
    assert!(send(r#"{"a":1}"#).is_ok());
    assert_eq!(send(r#"{"a":12}"#).unwrap_err(), RenderError::TooLarge { size: 8, cap: 7 });
}

#[test]
fn the_cap_is_on_what_is_sent_not_on_the_payload() {
    let capped = profile("[body]\ntemplate = '{\"data\": $payload}'\n[delivery]\nmax_body_bytes = 16");
    let error = rendered(&capped, &credentials(&[]), &message(r#"{"a":12}"#)).unwrap_err();
    assert_eq!(error, RenderError::TooLarge { size: 17, cap: 16 });
}

#[test]
fn logs_never_show_credentials() {
    let token = profile(
        r#"
        [headers]
        authorization = "{secret}"
        x-event = "{event.type}"
        [body]
        template = '{"_token": $secret, ...$payload}'
        [secrets]
        chosen = true
        [[secrets.kinds]]
        type = "symmetric"
        encoding = "text"
        "#,
    );
    let mut credentials = credentials(&["t0psecret"]);
    credentials.headers = vec![("X-Api-Token".into(), Secret::new("t0psecret too"))];
    let (endpoint, message) = (&endpoint(), &message(r#"{"a":1}"#));
    let rendering = Rendering { profile: &token, endpoint, credentials: &credentials, message, now: NOW };
    let shown = wire(&render_redacted(&rendering).unwrap());
    assert!(wire(&render(&rendering).unwrap()).contains("t0psecret"));
    assert!(!shown.contains("t0psecret"), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_request_prints_neither_headers_nor_body() {
    let request = rendered(&built_in()[0], &credentials(&[SECRET]), &message(r#"{"a":1}"#)).unwrap();
    let printed = format!("{request:?} {:?}", request.headers[0].value);
    assert!(!printed.contains("msg_") && !printed.contains("whsec") && !printed.contains("v1,"), "{printed}");
}
