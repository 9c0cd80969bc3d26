use super::*;
use crate::{
    render::{Drops, Form},
    sample::Counting,
};

mod arbitrary;
mod docs;
mod mistakes;
mod standard;
mod systems;
mod unseen;

/// A profile with these lines beside what every profile needs.
fn parse(lines: &str) -> Result<Profile, ProfileErrors> {
    Profile::parse(&format!("name = \"test\"\nmethods = [\"POST\"]\n{lines}"))
}

#[test]
fn what_is_left_out_has_the_default_rules_and_no_wire() {
    let bare = parse("").unwrap();
    assert_eq!(bare.rules, DeliveryRules::default());
    assert_eq!(
        bare.wire,
        Wire {
            headers: vec![],
            signatures: vec![],
            signatures_first: 0,
            body: Body { form: Form::Raw, drops: Drops::default() }
        }
    );
    assert!(!bare.events.strict && !bare.secrets.on_create && !bare.secrets.chosen);
    assert_eq!(
        bare.check_secret("whatever").unwrap_err().0,
        "profile test lets nobody choose a secret: leave it out"
    );
}

#[test]
fn every_rule_can_be_stated() {
    use std::time::Duration;

    use crate::rules::{Exhausted, StatusSet};
    let profile = parse(
        r#"
        [delivery]
        success = ["200", "3xx", "202-204"]
        gone_disables = false
        disable_after = "never"
        slow_down = ["429", "500-501"]
        retry_after = false
        breaker = false
        timeout = "1500ms"
        timeout_is_final = true
        retry_schedule = ["1s", "2m", "3h", "4d"]
        jitter = 0.0
        exhausted = "block"
        max_body_bytes = 5242880
        [endpoints]
        https = "required"
        [events]
        catalogue = "strict"
        "#,
    )
    .unwrap();
    let rules = DeliveryRules {
        success: StatusSet(vec![200..=200, 300..=399, 202..=204]),
        timeout: Duration::from_millis(1500),
        timeout_is_final: true,
        retry_schedule: [1, 120, 3 * 3600, 4 * 86_400].map(Duration::from_secs).to_vec(),
        jitter: 0.0,
        exhausted: Exhausted::Block,
        gone_disables: false,
        disable_after: None,
        slow_down: [429, 500, 501].into(),
        retry_after: false,
        breaker: false,
        size_cap: Some(5_242_880),
    };
    assert_eq!(profile.rules, rules);
    assert!(profile.endpoints.https == Https::Required && profile.events.strict);
}

#[test]
fn the_first_method_is_the_default() {
    let profile = Profile::parse("name = \"p\"\nmethods = [\"PATCH\", \"POST\"]").unwrap();
    assert_eq!(profile.method(None), Method::Patch);
    assert_eq!(profile.method(Some(Method::Post)), Method::Post);
    assert_eq!(profile.method(Some(Method::Put)), Method::Patch, "a method that is not allowed (any more)");
    assert_eq!(profile.methods, [Method::Patch, Method::Post]);
}

#[test]
fn the_hash_is_of_the_text() {
    let text = "name = \"p\"\nmethods = [\"POST\"]";
    let profile = Profile::parse(text).unwrap();
    assert_eq!(profile.text, text);
    assert_eq!(profile, Profile::parse(text).unwrap());
    assert_ne!(profile.hash, Profile::parse(&format!("{text} # other")).unwrap().hash);
}

#[test]
fn customers_may_not_set_what_the_profile_writes_or_keeps() {
    let profile = parse(
        r#"
        reserved_headers = ["X-One", "x-many-*"]
        [headers]
        X-Event = "{event.type}"
        [[signatures]]
        header = "X-Sig"
        algorithm = "hmac-sha1"
        [secrets]
        chosen = true
        [[secrets.kinds]]
        type = "symmetric"
        encoding = "text"
        "#,
    )
    .unwrap();
    for name in ["x-event", "X-SIG", "x-one", "X-Many-Things", "Host", "content-length", "Transfer-Encoding"]
    {
        assert!(profile.reserves_header(name), "{name}");
    }
    for name in ["x-one-more", "x-many", "authorization", "user-agent", "é", ""] {
        assert!(!profile.reserves_header(name), "{name}");
    }
}

#[test]
fn a_profile_without_kinds_of_secret_still_makes_one_that_is_random() {
    let (bare, entropy) = (parse("").unwrap(), Counting::default());
    assert_ne!(bare.generate_secret(&entropy), bare.generate_secret(&entropy));
}

#[test]
fn tokens_are_made_in_the_spelling_that_the_profile_wants() {
    let token = parse(
        "[secrets]\non_create = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nprefix = \"tok_\"\nencoding = \"hex\"\ngenerate = 4",
    )
    .unwrap();
    assert!(token.secrets.on_create && !token.secrets.chosen);
    assert_eq!(token.generate_secret(&Counting::default()).reveal(), "tok_00000000");
}

/// Text is made in base64url, whose length is never one more than a multiple of four.
#[test]
fn what_is_made_is_a_secret_that_the_profile_takes() {
    for least in 1..=100_usize {
        let kind = |most: usize| {
            parse(&format!(
                "[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\nbytes = [{least}, {most}]"
            ))
        };
        let exact = kind(least);
        assert_eq!(exact.is_err(), least % 4 == 1, "{least}");
        for profile in [exact.ok(), Some(kind(least + 1).unwrap())].into_iter().flatten() {
            let made = profile.generate_secret(&Counting::default());
            assert_eq!(profile.check_existing_secret(&made), Ok(()), "{least}: {}", made.reveal());
        }
    }
}
