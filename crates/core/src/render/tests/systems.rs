//! What the built-in profiles put on the wire, byte for byte.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Json, value::RawValue};

use super::*;
use crate::{
    auth::Auth,
    endpoint::{EndpointMode, EventFilter, Key},
    profile::Moment,
};

fn named(name: &str) -> Profile {
    built_in().into_iter().find(|profile| profile.name.as_str() == name).expect(name)
}

/// A secret that the profile would take, always the same; none where it knows none.
fn secret_of(profile: &Profile) -> Option<&'static str> {
    match profile.name.as_str() {
        "standard" => Some(SECRET),
        "talview" => None,
        "stripe" => Some("whsec_Hj3kQ8vXn2LpR5tYw9ZcAa1BdEfGhIjK"),
        "slack" => Some("8f742231b10e8888abcd99aabbcc85a5"),
        _ => Some("s3cr3t"),
    }
}

fn keys_of(profile: &Profile) -> Credentials {
    credentials(secret_of(profile).as_slice())
}

fn event(kind: &str, payload: &str) -> Message {
    Message { event_type: kind.parse().unwrap(), ..message(payload) }
}

#[track_caller]
fn golden(name: &str, credentials: &Credentials, message: &Message) -> String {
    wire(&rendered(&named(name), credentials, message).unwrap())
}

/// Odd spacing, big numbers, names that look alike, 20 fractional digits, emoji and accents; and names that
/// the profiles keep for themselves.
const ODD: &str = "{ \"id\" : 12345678901234567890123 ,\t\"id\":1.10,\n \"data\": {\"trimoji\":\"🃏🤝⏰\", \"é\" : \"D\\u00e9termin\u{e9}(e)\"},\"pi\":3.14159265358979323846 , \"_token\":\"forged\", \"\\u005ftimestamp\":0,\"_EVENT\":null, \"big\":1E400,\"e\":[ ] }";

#[test]
fn tri_4_to_8_the_token_in_header_and_body_and_flat_members() {
    let trimoji = named("trimoji");
    insta::assert_snapshot!(golden("trimoji", &keys_of(&trimoji), &event("QUIZZ_COMPLETED", ODD)));
}

#[test]
fn tri_7_the_time_is_the_events_and_stays_over_retries() {
    let (trimoji, message, endpoint) = (named("trimoji"), event("AUTH_LOGIN", "{}"), endpoint());
    let credentials = keys_of(&trimoji);
    let at = |now| {
        let rendering = Rendering {
            profile: &trimoji,
            endpoint: &endpoint,
            credentials: &credentials,
            message: &message,
            now,
        };
        render(&rendering).unwrap().body
    };
    assert_eq!(at(NOW), at(NOW + Duration::from_secs(3600)));
    assert_eq!(
        at(NOW),
        r#"{"_token":"s3cr3t","_timestamp":"2026-11-21T04:59:00.123Z","_event":"AUTH_LOGIN"}"#
    );
}

#[test]
fn tri_4_the_token_is_not_in_logs() {
    let (trimoji, endpoint, message) = (named("trimoji"), endpoint(), event("AUTH_LOGIN", r#"{"a":1}"#));
    let credentials = keys_of(&trimoji);
    let rendering = Rendering {
        profile: &trimoji,
        endpoint: &endpoint,
        credentials: &credentials,
        message: &message,
        now: NOW,
    };
    let shown = wire(&render_redacted(&rendering).unwrap());
    assert!(!shown.contains("s3cr3t") && shown.contains(r#"{"_token":"[redacted]","#), "{shown}");
    assert!(shown.contains("Authorization: [redacted]"), "{shown}");
}

#[test]
fn tal_4_and_6_the_bare_payload() {
    let payload = r#"{ "id": 7, "tenant_id": "t", "cf": {}, "none": null,
  "meeting_participants": [ {"id":1,"is_deleted":true}, {"id":2,"is_deleted":false,"tenant_id":3} ] }"#;
    insta::assert_snapshot!(golden("talview", &credentials(&[]), &event("sch_meeting_created", payload)));
}

#[test]
fn tal_5_post_put_and_patch() {
    let (talview, credentials, message) = (named("talview"), credentials(&[]), message("{}"));
    let mut endpoint = endpoint();
    for (wish, method) in
        [(None, Method::Post), (Some(Method::Put), Method::Put), (Some(Method::Patch), Method::Patch)]
    {
        endpoint.method = wish;
        let rendering = Rendering {
            profile: &talview,
            endpoint: &endpoint,
            credentials: &credentials,
            message: &message,
            now: NOW,
        };
        assert_eq!(render(&rendering).unwrap().method, method);
    }
}

#[test]
fn qua_7_and_8_a_signature_beside_a_header_of_the_customers() {
    let auth = Auth::Header { name: "x-test-authorization-header".into(), value: Secret::new("123456ots") };
    let credentials = Credentials { auth, ..keys_of(&named("qualifio")) };
    insta::assert_snapshot!(golden("qualifio", &credentials, &event("participation.completed", ODD)));
}

/// The vector of systems.md, section F.
#[test]
fn qua_8_the_signature_is_left_out_without_a_secret() {
    let signature = |secrets: &[&str]| {
        let request = rendered(&named("qualifio"), &credentials(secrets), &message(r#"{"a":1}"#)).unwrap();
        let header = request.headers.iter().find(|header| header.name == "X-Qualifio-Signature");
        header.map(|header| header.value.reveal().to_owned())
    };
    assert_eq!(signature(&[]), None);
    let expected = "sha256=d42927434049e0b8c73ce887062238cc1c6bb6644bfe66e66d8dd0f30b85679e";
    assert_eq!(signature(&["s3cr3t"]).as_deref(), Some(expected));
}

#[test]
fn qua_8_the_old_secret_stays_in_use_for_30_minutes() {
    let (qualifio, message, endpoint) = (named("qualifio"), message("{}"), endpoint());
    let changed = NOW;
    let key = |number, secret: &str, created_at, expires_at| Key {
        number,
        secret: Secret::new(secret),
        created_at,
        expires_at,
    };
    let keys = vec![
        key(1, "old", changed - Duration::from_secs(86_400), Some(changed + qualifio.secrets.overlap)),
        key(2, "new", changed, None),
    ];
    let credentials = Credentials { keys, ..Credentials::default() };
    let number = |minutes: u64, micros: u64| {
        let now = changed + Duration::from_secs(60 * minutes) - Duration::from_micros(micros);
        let rendering = Rendering {
            profile: &qualifio,
            endpoint: &endpoint,
            credentials: &credentials,
            message: &message,
            now,
        };
        render(&rendering).unwrap().key_number
    };
    assert_eq!(
        [number(0, 0), number(30, 1), number(30, 0), number(60, 0)],
        [Some(1), Some(1), Some(2), Some(2)]
    );
}

#[test]
fn jof_8_the_envelope_signed() {
    insta::assert_snapshot!(golden("jofi", &keys_of(&named("jofi")), &event("test_taker.created", ODD)));
}

#[test]
fn jof_7_one_method_of_verification_at_a_time() {
    let jofi = named("jofi");
    let shown = |auth: Auth, secrets: &[&str]| {
        let credentials = Credentials { auth, ..credentials(secrets) };
        let request = rendered(&jofi, &credentials, &message("{}")).unwrap();
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let names: Vec<_> = request.headers[1..].iter().map(|header| header.name.clone()).collect();
        (body["webhook_verification_method"].as_str().map(str::to_owned), names)
    };
    let basic = || Auth::Basic { username: Secret::new("user"), password: Secret::new("pass") };
    assert_eq!(shown(Auth::None, &["k"]), (Some("hmac".into()), vec!["X-JOFI-Signature".into()]));
    assert_eq!(shown(Auth::None, &[]), (None, vec![]));
    assert_eq!(shown(basic(), &["k"]), (Some("basic".into()), vec!["Authorization".into()]));
}

#[test]
fn jof_an_event_has_one_id_however_often_it_is_sent() {
    let (jofi, message, endpoint) = (named("jofi"), message("{}"), endpoint());
    let credentials = keys_of(&jofi);
    let id = |now| {
        let rendering = Rendering {
            profile: &jofi,
            endpoint: &endpoint,
            credentials: &credentials,
            message: &message,
            now,
        };
        serde_json::from_slice::<Json>(&render(&rendering).unwrap().body).unwrap()["id"].clone()
    };
    assert_eq!(id(NOW), id(NOW + Duration::from_secs(86_400)));
    assert_eq!(id(NOW).as_str().unwrap().len(), "evt_".len() + 27);
}

/// The sample of the page, minified; the signature of systems.md, section F.
#[test]
fn tru_6_and_7_signature_event_and_the_payload_as_it_came() {
    const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;
    let shown = golden("trutac", &credentials(&["s3cr3t"]), &event("clocking", CLOCKING));
    assert!(shown.contains("TT-Hook-Signature: sha1=b6e18b57577bc054fb1864f0ddb56f380f3f8aa9\n"), "{shown}");
    insta::assert_snapshot!(shown);
    let unsigned = golden("trutac", &credentials(&[]), &event("clocking", ODD));
    assert!(!unsigned.contains("TT-Hook-Signature") && unsigned.contains(ODD), "{unsigned}");
}

#[test]
fn tru_10_a_ping_is_signed_like_the_rest() {
    let trutac = named("trutac");
    let ping = trutac.lifecycle.as_ref().unwrap();
    let mut hook = endpoint();
    hook.event_filter = EventFilter::Types(["clocking".parse().unwrap()].into());
    let payload = ping.payload(Moment::Updated, &hook);
    let message = event("ping", std::str::from_utf8(&payload).unwrap());
    insta::assert_snapshot!(golden("trutac", &credentials(&["s3cr3t"]), &message));
}

#[test]
fn formats_of_other_companies() {
    for (name, kind) in
        [("github", "push"), ("stripe", "invoice.paid"), ("shopify", "orders.create"), ("slack", "team_join")]
    {
        let payload = r#"{"team_id":"T1", "type":"forged","event":{"type":"team_join","name":"Zoë 🃏"}}"#;
        insta::assert_snapshot!(name, golden(name, &keys_of(&named(name)), &event(kind, payload)));
    }
}

/// The values that GitHub's page on validating deliveries gives to test an implementation with.
#[test]
fn githubs_own_vector() {
    let mut message = message("{}");
    message.payload = Payload::Raw(Bytes::from_static(b"Hello, World!"));
    let shown = golden("github", &credentials(&["It's a Secret to Everybody"]), &message);
    let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert!(shown.contains(&format!("X-Hub-Signature-256: {expected}\n")), "{shown}");
}

#[test]
fn a_test_endpoint_is_told_that_it_is_one() {
    let (stripe, message, mut endpoint) = (named("stripe"), message("{}"), endpoint());
    endpoint.mode = EndpointMode::Test;
    let credentials = keys_of(&stripe);
    let rendering = Rendering {
        profile: &stripe,
        endpoint: &endpoint,
        credentials: &credentials,
        message: &message,
        now: NOW,
    };
    let body: Json = serde_json::from_slice(&render(&rendering).unwrap().body).unwrap();
    assert_eq!(body["livemode"], Json::Bool(false));
}

/// Names of members, those that profiles reserve among them.
fn name() -> impl Strategy<Value = String> {
    const RESERVED: [&str; 8] =
        ["_token", "_timestamp", "_event", "type", "event_id", "event_time", "id", "tenant_id"];
    prop_oneof![prop::sample::select(&RESERVED).prop_map(str::to_owned), "[a-zé🃏 ]{0,6}"]
}

fn payload() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<i64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        prop::collection::vec(any::<bool>(), 0..3).prop_map(Json::from),
        prop::collection::btree_map("[a-c]", any::<u8>(), 0..3)
            .prop_map(|members| members.into_iter().map(|(name, value)| (name, Json::from(value))).collect()),
    ];
    prop::collection::vec((name(), value), 0..6).prop_map(|members| {
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!(" {}: {value}", Json::from(name.as_str()))).collect();
        format!("{{{} }}", members.join(","))
    })
}

proptest! {
    #[test]
    fn rendering_is_deterministic_and_json(payload in payload(), kind in "[a-z]{1,5}(\\.[a-z]{1,5})?") {
        for profile in built_in() {
            let (message, credentials) = (event(&kind, &payload), keys_of(&profile));
            let request = rendered(&profile, &credentials, &message).unwrap();
            prop_assert!(request == rendered(&profile, &credentials, &message).unwrap());
            prop_assert!(serde_json::from_slice::<&RawValue>(&request.body).is_ok(), "{}", wire(&request));
        }
    }

    #[test]
    fn reserved_members_win(payload in payload()) {
        for (name, expected) in [
            ("trimoji", vec![("_token", "s3cr3t"), ("_event", "a.b"), ("_timestamp", "2026-11-21T04:59:00.123Z")]),
            ("slack", vec![("type", "event_callback")]),
        ] {
            let profile = named(name);
            let request = rendered(&profile, &keys_of(&profile), &event("a.b", &payload)).unwrap();
            let body: Json = serde_json::from_slice(&request.body).unwrap();
            for (member, value) in expected {
                prop_assert_eq!(body[member].as_str(), Some(value));
                let text = String::from_utf8_lossy(&request.body);
                prop_assert_eq!(text.matches(&format!("\"{member}\":")).count(), 1, "{}", text);
            }
        }
    }

    #[test]
    fn logs_never_show_a_secret(payload in payload()) {
        for profile in built_in() {
            let Some(secret) = secret_of(&profile) else { continue };
            let (credentials, endpoint, message) = (keys_of(&profile), endpoint(), event("a.b", &payload));
            let rendering = Rendering { profile: &profile, endpoint: &endpoint, credentials: &credentials, message: &message, now: NOW };
            let shown = wire(&render_redacted(&rendering).unwrap());
            prop_assert!(!shown.contains(secret), "{}", shown);
        }
    }
}
