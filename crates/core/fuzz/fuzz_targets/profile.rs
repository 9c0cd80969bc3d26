//! Any text is a profile or has mistakes; a profile's text is parsed to the same again.
#![no_main]

use fanfare_core::profile::Profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Profile::parse(text) {
        Ok(profile) => assert_eq!(Profile::parse(&profile.text), Ok(profile)),
        Err(errors) => assert!(!errors.0.is_empty()),
    }
});
