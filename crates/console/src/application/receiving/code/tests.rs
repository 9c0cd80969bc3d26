use fanfare_core::profile::built_in;

use super::*;

#[test]
fn every_language_checks_every_built_in_profile() {
    for profile in built_in() {
        let recognition = profile.recognition().unwrap();
        for language in &LANGUAGES {
            let code = language.code(&recognition);
            assert!(!code.contains("@@"), "{}", language.name);
            if let Recognition::Signature(signed) = &recognition {
                assert!(code.contains(&format!("\"{}\"", signed.name)), "{} {}", profile.name, language.name);
            }
        }
    }
}

#[test]
fn the_receivers_of_standard_webhooks() {
    let standard = built_in().into_iter().find(|profile| profile.name.as_str() == "standard").unwrap();
    for language in &LANGUAGES {
        insta::assert_snapshot!(language.word, language.code(&standard.recognition().unwrap()));
    }
}
