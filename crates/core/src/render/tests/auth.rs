use std::sync::Arc;

use super::*;
use crate::auth::{Auth, ClientCredentials, CredentialsIn};

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn with(auth: Auth) -> Credentials {
    Credentials { auth, ..Credentials::default() }
}

fn oauth2() -> Auth {
    Auth::OAuth2(Arc::new(ClientCredentials {
        token_url: "https://login.example/token".parse().unwrap(),
        client_id: secret("id"),
        client_secret: secret("s3cr3t"),
        scope: None,
        audience: None,
        credentials_in: CredentialsIn::Basic,
    }))
}

fn basic() -> Auth {
    Auth::Basic { username: secret("user"), password: secret("pass") }
}

fn lines(request: &Request) -> Vec<String> {
    let line = |header: &Header| format!("{}: {}", header.name, header.value.reveal());
    request.headers.iter().map(line).collect()
}

/// The vector of systems.md, section F.
#[test]
fn qua_7_and_jof_10_kinds_of_authentication_are_headers() {
    for (auth, expected) in [
        (Auth::None, None),
        (basic(), Some("Authorization: Basic dXNlcjpwYXNz")),
        (Auth::Bearer { token: secret("t0k3n") }, Some("Authorization: Bearer t0k3n")),
        (
            Auth::Header { name: "x-test-authorization-header".into(), value: secret("123456ots") },
            Some("x-test-authorization-header: 123456ots"),
        ),
        // The transport fetches the token and writes the header.
        (oauth2(), None),
    ] {
        let request = rendered(&profile(""), &with(auth), &message("{}")).unwrap();
        assert_eq!(lines(&request), expected.into_iter().collect::<Vec<_>>());
        assert!(request.headers.iter().all(|header| header.sensitive));
    }
}

#[test]
fn what_the_profile_writes_is_not_written_beside_it() {
    let token = profile("[headers]\nAuthorization = \"fixed\"");
    for auth in [basic(), Auth::Bearer { token: secret("t") }, oauth2()] {
        let error = rendered(&token, &with(auth), &message("{}")).unwrap_err();
        assert_eq!(error, RenderError::Invalid("profile test reserves the header Authorization".into()));
    }
    let header = |name: &str| Auth::Header { name: name.into(), value: secret("v") };
    for name in ["authorization", "Content-Length", "host", "x y", "x-a\r\nx-b"] {
        assert!(rendered(&token, &with(header(name)), &message("{}")).is_err(), "{name}");
    }
}

#[test]
fn a_request_carries_one_authorization() {
    let custom = vec![("authorization".to_owned(), secret("Bearer mine"))];
    for auth in [basic(), oauth2()] {
        let both = Credentials { headers: custom.clone(), ..with(auth) };
        assert!(matches!(rendered(&profile(""), &both, &message("{}")), Err(RenderError::Invalid(_))));
    }
    let userinfo = |auth| Credentials { userinfo: Some(secret("of:url")), ..with(auth) };
    let of = |auth| lines(&rendered(&profile(""), &userinfo(auth), &message("{}")).unwrap());
    assert_eq!(of(basic()), ["Authorization: Basic dXNlcjpwYXNz"]);
    assert!(of(oauth2()).is_empty());
    let header = Auth::Header { name: "X-Api-Token".into(), value: secret("v") };
    assert_eq!(of(header), ["X-Api-Token: v", "authorization: Basic b2Y6dXJs"]);
}

#[test]
fn logs_show_no_authentication() {
    let (profile, endpoint, message) = (&profile(""), &endpoint(), &message("{}"));
    for auth in [basic(), Auth::Header { name: "X-Api-Token".into(), value: secret("pass") }] {
        let credentials = &with(auth);
        let rendering = Rendering { profile, endpoint, credentials, message, now: NOW };
        let shown = lines(&render_redacted(&rendering).unwrap());
        assert!(shown[0].ends_with(": [redacted]"), "{shown:?}");
    }
}
