//! Any payload renders under every built-in profile to JSON, or is refused.
#![no_main]

use std::{collections::BTreeSet, sync::LazyLock};

use bytes::Bytes;
use fanfare_core::{
    endpoint::{Credentials, Endpoint},
    id::{ApplicationId, EnvironmentId, MessageId},
    message::{Message, Payload, ProfileHash},
    profile::{Profile, built_in},
    render::{Rendering, render},
    time::Timestamp,
};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(built_in);

fuzz_target!(|payload: &[u8]| {
    let is_object =
        serde_json::from_slice::<&RawValue>(payload).is_ok_and(|json| json.get().starts_with('{'));
    let (message, endpoint) = (message(payload), endpoint());
    for profile in &*PROFILES {
        let (credentials, now) = (&Credentials::default(), Timestamp::EPOCH);
        let rendered =
            render(&Rendering { profile, endpoint: &endpoint, credentials, message: &message, now });
        if is_object {
            let request = rendered.unwrap();
            assert!(serde_json::from_slice::<&RawValue>(&request.body).is_ok());
        }
    }
});

fn message(payload: &[u8]) -> Message {
    Message {
        id: MessageId([3; 20]),
        environment: EnvironmentId([1; 20]),
        application: ApplicationId([2; 20]),
        event_type: "invoice.paid".parse().unwrap(),
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        created_at: Timestamp::EPOCH,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
        supersedes: true,
        only: None,
        profile: ProfileHash([0; 32]),
        payload_expires_day: 0,
        payload: Payload::Json(Bytes::copy_from_slice(payload)),
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
    .unwrap()
}
