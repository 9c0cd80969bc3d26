use super::*;

const TOKEN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn token_of(public_url: &str, url: &str) -> Option<InboxToken> {
    InboxUrls::below(public_url).unwrap().token_of(&url.parse().unwrap())
}

#[test]
fn the_address_of_an_inbox_is_known_again() {
    let token: InboxToken = TOKEN.parse().unwrap();
    for public_url in ["http://127.0.0.1:8071", "https://hooks.example.com/", "https://example.com/hooks/"] {
        let url = InboxUrls::below(public_url).unwrap().url(&token);
        assert!(url.starts_with(public_url.trim_end_matches('/')) && url.ends_with(TOKEN), "{url}");
        assert_eq!(token_of(public_url, &url), Some(token.clone()));
        assert_eq!(token_of(public_url, &format!("{url}?kind=invoice")), Some(token.clone()));
    }
    assert_eq!(token_of("https://a.example", &format!("https://A.example:443/in/{TOKEN}")), Some(token));
}

#[test]
fn nothing_else_of_this_server_and_nothing_of_others_is_an_inbox() {
    let own = "http://127.0.0.1:8071";
    for url in [
        "http://127.0.0.1:8071/metrics",
        "http://127.0.0.1:8071/in/",
        "http://127.0.0.1:8071/in/short",
        &format!("http://127.0.0.1:8071/in/{TOKEN}/"),
        &format!("http://127.0.0.1:8071/in/{TOKEN}/../../metrics"),
        &format!("http://127.0.0.1:8071/in/{TOKEN}%2f.."),
        &format!("http://127.0.0.1:8071/x/in/{TOKEN}"),
        &format!("http://127.0.0.1:8071//in/{TOKEN}"),
        &format!("http://127.0.0.1:8072/in/{TOKEN}"),
        &format!("https://127.0.0.1:8071/in/{TOKEN}"),
        &format!("http://127.0.0.2:8071/in/{TOKEN}"),
        &format!("http://localhost:8071/in/{TOKEN}"),
        &format!("http://127.0.0.1.example:8071/in/{TOKEN}"),
        &format!("http://user@127.0.0.1:8071/in/{TOKEN}"),
        &format!("http://169.254.169.254/in/{TOKEN}"),
    ] {
        assert_eq!(token_of(own, url), None, "{url}");
    }
}

#[test]
fn a_token_has_one_spelling() {
    assert!(TOKEN.parse::<InboxToken>().is_ok());
    let padded = format!("{TOKEN}=");
    let same_bytes = format!("{}9", &TOKEN[..TOKEN.len() - 1]);
    let longer = format!("{TOKEN}AAAA");
    for wrong in ["", "a/b", &TOKEN[1..], &padded, &same_bytes, &longer] {
        assert!(wrong.parse::<InboxToken>().is_err(), "{wrong:?}");
    }
}

#[test]
fn without_a_url_of_its_own_a_server_has_no_inboxes() {
    for url in ["", "hooks.example.com", "data:text/plain,x", "ftp://example.com"] {
        assert!(InboxUrls::below(url).is_none(), "{url:?}");
    }
}

#[test]
fn tokens_are_not_printed() {
    let token: InboxToken = TOKEN.parse().unwrap();
    assert!(!format!("{token:?}").contains("AAEC"));
}
