//! What the built-in profiles say beside the wire: rules, catalogues, who may do what.

use std::time::Duration;

use super::*;
use crate::{auth::AuthKind, name::EventTypeName, payload::PayloadPath, rules::Exhausted, time::Timestamp};

fn named(name: &str) -> Profile {
    built_in().into_iter().find(|profile| profile.name.as_str() == name).expect(name)
}

#[test]
fn standard_is_the_first_and_names_are_unique() {
    let mut names: Vec<_> = built_in().into_iter().map(|profile| profile.name).collect();
    assert_eq!(names[0].as_str(), "standard");
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn none_of_the_five_disables_an_endpoint_by_itself() {
    for name in ["trimoji", "talview", "qualifio", "jofi", "trutac"] {
        let rules = named(name).rules;
        assert!(!rules.gone_disables && rules.disable_after.is_none(), "{name}");
        assert_ne!(rules.exhausted, Exhausted::Disable, "{name}");
    }
}

#[test]
fn every_type_is_described_and_grouped() {
    for profile in built_in() {
        for kind in &profile.events.types {
            assert!(!kind.description.is_empty() && kind.group.is_some(), "{} {}", profile.name, kind.name);
        }
    }
    for name in ["trimoji", "talview", "qualifio", "jofi", "trutac"] {
        assert!(named(name).events.types.iter().all(|kind| kind.use_case.is_some()), "{name}");
    }
}

fn types(name: &str) -> Vec<String> {
    named(name).events.types.iter().map(|kind| kind.name.to_string()).collect()
}

#[test]
fn tri_3_the_token_is_made_by_the_sender_and_can_be_read() {
    let SecretRules { on_create, chosen, retrievable, .. } = named("trimoji").secrets;
    assert!(on_create && !chosen && retrievable);
}

#[test]
fn tri_9_ten_codes() {
    let expected = "QUIZZ_SENT QUIZZ_COMPLETED PROFILE_UPDATED PROFILE_DELETED PROFILE_RESTORED CAMPAIGN_CREATED \
                    CAMPAIGN_UPDATED PERSONI_CREATED AUTH_LOGIN TRANSFER_INCOMING";
    assert_eq!(types("trimoji"), expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn tri_10_subscriptions_are_lists() {
    assert_eq!(named("trimoji").endpoints.subscription, Subscription::Types);
}

#[test]
fn tri_12_and_13_exactly_200_and_no_retry() {
    let rules = named("trimoji").rules;
    let successes: Vec<_> = (100..=999).filter(|status| rules.success.contains(*status)).collect();
    assert_eq!(successes, [200]);
    assert!(rules.retry_schedule.is_empty());
    assert_eq!(named("trimoji").auth.kinds, [AuthKind::None]);
}

#[test]
fn tal_2_ten_events_one_of_them_per_subscription() {
    assert_eq!(types("talview").len(), 10);
    assert_eq!(named("talview").endpoints.subscription, Subscription::OneType);
    assert_eq!(named("talview").methods, [Method::Post, Method::Put, Method::Patch]);
}

#[test]
fn tal_dots_are_another_spelling_of_underscores() {
    let events = named("talview").events;
    let known = |name: &EventTypeName| events.types.iter().any(|kind| kind.name == *name);
    let (none, name) =
        (std::collections::BTreeMap::new(), |text: &str| text.parse::<EventTypeName>().unwrap());
    for (spelled, canonical) in [
        ("auth.user.created", "auth_user_created"),
        ("auth_user_created", "auth_user_created"),
        ("can.candidate.created", "can.candidate.created"),
    ] {
        assert_eq!(*events.canonical(&name(spelled), &none, known), name(canonical), "{spelled}");
    }
}

#[test]
fn qua_5_an_incomplete_participation_waits_for_60_minutes_after_its_start() {
    let (qualifio, now) = (named("qualifio"), Timestamp::parse("2026-11-21T05:00:00Z").unwrap());
    let at = |kind: &str, payload: &str| {
        qualifio.deliver_at(&kind.parse().unwrap(), payload.as_bytes(), now).map(|at| at.since(now).as_secs())
    };
    assert_eq!(at("participation.completed", r#"{"startedAt":"2026-11-21T04:50:00.000Z"}"#), None);
    assert_eq!(at("participation.incomplete", r#"{"startedAt":"2026-11-21T04:50:00.000Z"}"#), Some(3000));
    assert_eq!(at("participation.incomplete", r#"{"startedAt":"2026-11-21T03:00:00.000Z"}"#), None);
    assert_eq!(at("participation.incomplete", "{}"), Some(3600), "without a start, from when it came");
}

#[test]
fn qua_5_only_completed_participations_supersede() {
    let qualifio = named("qualifio");
    let supersedes = |kind: &str| qualifio.supersedes(&kind.parse().unwrap());
    assert!(supersedes("participation.completed") && !supersedes("participation.incomplete"));
    let key = qualifio.replace_key(r#"{"id":"6F9619FF-8B86-D011-B42D-00CF4FC964FF"}"#.as_bytes());
    assert_eq!(key.unwrap().as_str(), "6F9619FF-8B86-D011-B42D-00CF4FC964FF");
    assert_eq!(qualifio.replace_key(b"{}"), None);
}

#[test]
fn qua_10_and_11_eight_requests_then_blocked() {
    let rules = named("qualifio").rules;
    assert_eq!((rules.retry_schedule.len(), rules.exhausted), (7, Exhausted::Block));
    assert!(rules.success.contains(204) && !rules.success.contains(301) && !rules.success.contains(410));
    assert!(!rules.timeout_is_final);
}

#[test]
fn qua_one_webhook_per_account_and_one_per_website() {
    let qualifio = named("qualifio");
    let path: PayloadPath = "payload.campaign.channel.website.id".parse().unwrap();
    let EndpointRules { live_most, per_scope_most, scope_from, https, .. } = qualifio.endpoints.clone();
    assert_eq!((live_most, per_scope_most, scope_from), (Some(1), Some(1), Some(path)));
    assert_eq!(https, Https::Advised);
    assert_eq!(qualifio.auth.kinds, [AuthKind::None, AuthKind::Basic, AuthKind::Bearer, AuthKind::Header]);
    let SecretRules { on_create, chosen, overlap, .. } = qualifio.secrets;
    assert!(!on_create && chosen && overlap == Duration::from_secs(1800));
    assert!(qualifio.check_secret("typed by the customer").is_ok());
}

#[test]
fn jof_1_and_5_one_live_and_one_test_endpoint_by_staff_over_https() {
    let EndpointRules { https, subscription, live_most, test_most, configured_by, .. } =
        named("jofi").endpoints;
    assert_eq!((live_most, test_most), (Some(1), Some(1)));
    assert_eq!((https, subscription), (Https::Required, Subscription::All));
    assert_eq!(configured_by, ConfiguredBy::Operator);
    let others = built_in().into_iter().filter(|profile| profile.endpoints.https == Https::Required);
    let five = ["trimoji", "talview", "qualifio", "jofi", "trutac"];
    let required: Vec<_> =
        others.map(|profile| profile.name).filter(|name| five.contains(&name.as_str())).collect();
    assert_eq!(required.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["jofi"]);
}

#[test]
fn jof_9_a_token_for_each_request() {
    let auth = named("jofi").auth;
    assert_eq!(auth.kinds, [AuthKind::None, AuthKind::Basic, AuthKind::OAuth2]);
    assert!(!auth.cached_tokens);
    assert_eq!(types("jofi").len(), 5);
}

#[test]
fn tru_4_wildcards_plain_http_and_certificates_as_they_are() {
    let EndpointRules { https, subscription, unverified_tls, .. } = named("trutac").endpoints;
    assert_eq!((https, subscription, unverified_tls), (Https::Free, Subscription::Wildcard, true));
    assert_eq!(types("trutac"), ["clocking", "checksheet"], "a ping cannot be subscribed to");
}

#[test]
fn tru_a_payload_that_is_late_or_over_5_mib_is_lost() {
    let rules = named("trutac").rules;
    assert_eq!((rules.timeout, rules.timeout_is_final), (Duration::from_secs(10), true));
    assert!(rules.retry_schedule.is_empty());
    assert_eq!(rules.size_cap, Some(5 * 1024 * 1024));
}

#[test]
fn other_companies_secrets_are_the_keys_themselves() {
    for (name, secret) in [
        ("stripe", "whsec_Hj3kQ8vXn2LpR5tYw9ZcAa1BdEfGhIjK"),
        ("slack", "8f742231b10e8888abcd99aabbcc85a5"),
        ("github", "It's a Secret to Everybody"),
        ("shopify", "hush"),
    ] {
        let profile = named(name);
        let format = profile.format_of(secret).expect(name);
        let crate::sign::SigningMaterial::Symmetric(key) = format.material(&Secret::new(secret)).expect(name)
        else {
            panic!("{name} signs with HMAC")
        };
        assert_eq!(key.as_slice(), secret.as_bytes(), "{name}");
    }
}
