use crate::profile::built_in;

#[test]
fn each_built_in_profile_tells_how_it_is_recognised() {
    for profile in built_in() {
        let recognition = profile.recognition().unwrap_or_else(|| panic!("{}", profile.name));
        insta::assert_debug_snapshot!(format!("recognition_{}", profile.name), recognition);
    }
}
