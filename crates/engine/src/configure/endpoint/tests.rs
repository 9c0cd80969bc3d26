use super::*;

#[test]
fn credentials_in_headers_are_sensitive_in_any_letter_case() {
    for name in ["Authorization", "X-API-KEY", "x-auth-token", "WWW-Authenticate", "Proxy-Authorization"] {
        assert!(is_sensitive(name), "{name}");
    }
    assert!(!is_sensitive("x-trace"));
}
