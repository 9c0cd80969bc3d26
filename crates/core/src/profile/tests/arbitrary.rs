//! Whatever stands in a profile's text, parsing it tells mistakes and never panics.

use proptest::prelude::*;

use super::*;
use crate::render::{Place, Template, parse_skeleton};

const PLACES: [Place; 6] =
    [Place::Header, Place::Body, Place::Content, Place::Format, Place::Wrap, Place::Lifecycle];

/// Built-in texts with something cut out, doubled or replaced: nearly right profiles.
fn damaged() -> impl Strategy<Value = String> {
    let texts: Vec<_> = built_in().into_iter().map(|profile| profile.text).collect();
    let damage = prop_oneof!["[ -~\n]{0,4}", "\\PC{0,3}", Just("\"\"\"".to_owned()), Just("{".to_owned())];
    (prop::sample::select(texts), any::<prop::sample::Index>(), 0_usize..40, damage).prop_map(
        |(text, at, length, damage)| {
            let chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            let rest = chars.iter().skip(at + length);
            chars[..at].iter().copied().chain(damage.chars()).chain(rest.copied()).collect()
        },
    )
}

/// What templates are made of, in any order.
fn template() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "...",
            "$",
            "$payload",
            "$secret",
            "{body}",
            "{{",
            "}}",
            " ",
            "\"a\"",
            "1",
            "null",
            "é",
            "🃏",
            "$id.evt",
            "{signature}",
            "\n",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

/// Lines and columns that the text has, and something to read.
fn sound(text: &str, errors: &ProfileErrors) -> bool {
    let lines: Vec<_> = text.split('\n').collect();
    !errors.0.is_empty()
        && errors.0.iter().all(|error| {
            let line = lines.get(error.line - 1);
            line.is_some_and(|line| error.column <= line.chars().count() + 1) && !error.message.is_empty()
        })
}

proptest! {
    #[test]
    fn any_text_is_a_profile_or_has_mistakes(text in "\\PC{0,200}") {
        if let Err(errors) = Profile::parse(&text) {
            prop_assert!(sound(&text, &errors), "{}", errors);
        }
    }

    #[test]
    fn damaged_profiles_are_profiles_or_have_mistakes(text in damaged()) {
        if let Err(errors) = Profile::parse(&text) {
            prop_assert!(sound(&text, &errors), "{}", errors);
        }
    }

    #[test]
    fn templates_never_panic(text in template()) {
        for place in PLACES {
            if let Err(errors) = Template::parse(&text, place) {
                prop_assert!(errors.iter().all(|error| text.is_char_boundary(error.offset)), "{:?}", errors);
            }
            if let Err(errors) = parse_skeleton(&text, place) {
                prop_assert!(errors.iter().all(|error| text.is_char_boundary(error.offset)), "{:?}", errors);
            }
        }
    }
}
