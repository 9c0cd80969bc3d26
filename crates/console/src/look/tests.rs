use super::*;

#[test]
fn what_is_framed_and_shown_is_named_and_nothing_else() {
    insta::assert_snapshot!(policy(&Portal::default()).to_str().unwrap(), @"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    let look = Portal {
        logo: Some("https://cdn.example/logo.png?v=1".parse().unwrap()),
        origins: vec!["https://app.example".parse().unwrap(), "https://b.example:8443".parse().unwrap()],
        ..Portal::default()
    };
    insta::assert_snapshot!(policy(&look).to_str().unwrap(), @"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https://cdn.example/logo.png; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors https://app.example https://b.example:8443");
}
