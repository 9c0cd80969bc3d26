//! What rendering and signing one request of a 600-byte payload costs: `cargo bench -p fanfare-core`.
//! At most 5 µs where the payload is the body, at most 10 µs where it is put into a skeleton.

use std::{collections::BTreeSet, hint::black_box};

use bytes::Bytes;
use criterion::Criterion;
use fanfare_core::{
    endpoint::{Credentials, Endpoint, Key},
    id::{ApplicationId, EnvironmentId, MessageId},
    message::{Message, Payload, ProfileHash},
    profile::{Profile, built_in},
    render::{Rendering, render},
    secret::Secret,
    time::Timestamp,
};

const NOW: Timestamp = Timestamp(1_795_237_200_123_000);
const PAYLOAD_BYTES: usize = 600;

fn all(criterion: &mut Criterion) {
    let (message, endpoint) = (message(), endpoint());
    for profile in built_in() {
        let credentials = credentials(&profile);
        let credentials = &credentials;
        let rendering =
            Rendering { profile: &profile, endpoint: &endpoint, credentials, message: &message, now: NOW };
        criterion.bench_function(&format!("render/{}", profile.name), |bencher| {
            bencher.iter(|| render(black_box(&rendering)).expect("a sound message renders"));
        });
    }
}

fn credentials(profile: &Profile) -> Credentials {
    let secret = match profile.name.as_str() {
        "standard" => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "stripe" => "whsec_Hj3kQ8vXn2LpR5tYw9ZcAa1BdEfGhIjK",
        "slack" => "8f742231b10e8888abcd99aabbcc85a5",
        _ => "s3cr3t",
    };
    let key = Key { number: 1, secret: Secret::new(secret), created_at: Timestamp::EPOCH, expires_at: None };
    let keys = if profile.name.as_str() == "talview" { Vec::new() } else { vec![key] };
    Credentials { keys, ..Credentials::default() }
}

fn payload() -> String {
    let mut members: Vec<String> = Vec::new();
    let text = |members: &[String]| format!("{{{}}}", members.join(","));
    while text(&members).len() < PAYLOAD_BYTES - 40 {
        let number = members.len();
        members.push(format!(r#""member_{number}":{{"n":{number},"s":"text é"}}"#));
    }
    let padding = PAYLOAD_BYTES - text(&members).len() - r#","padding":"""#.len();
    members.push(format!(r#""padding":"{}""#, "x".repeat(padding)));
    let text = text(&members);
    assert_eq!(text.len(), PAYLOAD_BYTES);
    text
}

fn message() -> Message {
    Message {
        id: MessageId([3; 20]),
        environment: EnvironmentId([1; 20]),
        application: ApplicationId([2; 20]),
        event_type: "invoice.paid".parse().expect("a name"),
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        created_at: NOW,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
        supersedes: true,
        only: None,
        profile: ProfileHash([0; 32]),
        payload_expires_day: 0,
        payload: Payload::Json(Bytes::from(payload())),
    }
}

fn endpoint() -> Endpoint {
    serde_json::from_value(serde_json::json!({
        "id": "ep_000000000000000000000000000",
        "application": "app_000000000000000000000000000",
        "url": "https://customer.example/hook",
        "description": "",
        "version": 1,
        "eventFilter": "unfiltered",
        "metadata": {},
        "keys": [],
        "createdAt": "2026-11-21T05:00:00Z",
        "updatedAt": "2026-11-21T05:00:00Z",
        "revision": 0,
    }))
    .expect("an endpoint")
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    all(&mut criterion);
    criterion.final_summary();
}
