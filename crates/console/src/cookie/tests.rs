use super::*;

#[test]
fn a_cookie_is_found_by_its_whole_name_among_others() {
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, HeaderValue::from_static("a=1; fanfare_portal=abc; b=2"));
    headers.append(header::COOKIE, HeaderValue::from_static("__Host-fanfare_portal=secure"));
    assert_eq!(get(&headers, "fanfare_portal", false), Some("abc"));
    assert_eq!(get(&headers, "fanfare_portal", true), Some("secure"));
    assert_eq!(get(&headers, "portal", false), None);
}

#[test]
fn cookies_are_for_this_host_and_no_script() {
    let cookie = set("fanfare_console", "abc", Duration::from_secs(60), Reach::own(true));
    insta::assert_snapshot!(cookie.to_str().unwrap(), @"__Host-fanfare_console=abc; Path=/; HttpOnly; Max-Age=60; SameSite=Lax; Secure");
    let gone = remove("fanfare_console", Reach::own(false));
    insta::assert_snapshot!(gone.to_str().unwrap(), @"fanfare_console=; Path=/; HttpOnly; Max-Age=0; SameSite=Lax");
    let framed = set("fanfare_portal", "abc", Duration::from_secs(60), Reach::Frames);
    insta::assert_snapshot!(framed.to_str().unwrap(), @"__Host-fanfare_portal=abc; Path=/; HttpOnly; Max-Age=60; SameSite=None; Secure; Partitioned");
}
