use proptest::prelude::*;

use super::*;

#[test]
fn colours_are_six_digits() {
    assert_eq!("#3648C8".parse::<Colour>().unwrap().to_string(), "#3648c8");
    for wrong in ["", "3648c8", "#3648c", "#3648c8a", "#36 8c8", "#+36488", "#é48c8", "red", "#3648c8;}"] {
        assert!(wrong.parse::<Colour>().is_err(), "{wrong:?}");
    }
}

#[test]
fn contrast_is_that_of_wcag() {
    assert!((Colour::WHITE.contrast(Colour::BLACK) - 21.0).abs() < 1e-9);
    // The example of WCAG's own Understanding document: #767676 on white has 4.54.
    let grey: Colour = "#767676".parse().unwrap();
    assert!((grey.contrast(Colour::WHITE) - 4.54).abs() < 0.01);
    assert_eq!(Colour::WHITE.mixed(Colour::BLACK, 100), Colour::BLACK);
    assert_eq!(Colour::WHITE.mixed(Colour::BLACK, 0), Colour::WHITE);
}

#[test]
fn logos_are_fetched_by_https_and_end_no_policy() {
    let logo: LogoUrl = "https://cdn.example.com/a%3Bb/logo.png?v=2".parse().unwrap();
    assert_eq!(logo.source(), "https://cdn.example.com/a%3Bb/logo.png");
    for wrong in [
        "http://cdn.example.com/logo.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "//cdn.example.com/logo.png",
        "https://user@cdn.example.com/logo.png",
        "https://cdn.example.com/logo.png#x",
        "https://cdn.example.com/a;script-src *",
        "https://cdn.example.com/a,b",
        "https://cdn.example.com/*",
    ] {
        assert!(wrong.parse::<LogoUrl>().is_err(), "{wrong:?}");
    }
}

#[test]
fn origins_are_sites_and_no_more() {
    for (text, origin) in [
        ("https://App.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ] {
        assert_eq!(text.parse::<Origin>().unwrap().to_string(), origin);
    }
    assert_eq!("http://app.example.com".parse::<Origin>(), Err(InvalidOrigin::Plain));
    for wrong in [
        "",
        "*",
        "https:",
        "https://*",
        "https://*.example.com",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://u@app.example.com",
        "https://a.example https://b.example",
        "https://a.example;script-src *",
        "'self'",
        "null",
        "ftp://a.example",
        "file:///etc",
    ] {
        assert_eq!(wrong.parse::<Origin>(), Err(InvalidOrigin::Form), "{wrong:?}");
    }
}

#[test]
fn nobody_may_frame_it_unless_said() {
    let mut portal = Portal::default();
    assert_eq!(portal.frame_ancestors(), "'none'");
    portal.origins = vec!["https://a.example".parse().unwrap(), "https://b.example".parse().unwrap()];
    assert_eq!(portal.frame_ancestors(), "https://a.example https://b.example");
    let json = serde_json::to_string(&portal).unwrap();
    assert_eq!(serde_json::from_str::<Portal>(&json).unwrap(), portal);
    assert_eq!(serde_json::from_str::<Portal>("{}").unwrap(), Portal::default());
}

proptest! {
    #[test]
    fn whatever_is_taken_ends_no_directive(text in "(https://)?[a-z.;,' \"*/?#@:\\\\\n-]{0,40}") {
        let policies = [
            text.parse::<Origin>().map(|origin| origin.to_string()).unwrap_or_default(),
            text.parse::<LogoUrl>().map(|logo| logo.source()).unwrap_or_default(),
        ];
        for policy in policies {
            prop_assert!(!policy.contains([';', ',', ' ', '\n', '\'', '"', '*']), "{policy:?}");
        }
    }
}
