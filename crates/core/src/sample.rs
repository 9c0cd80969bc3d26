//! Samples that the unit tests of several modules start from, and ports that a test controls.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicI64, AtomicU8, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    endpoint::{Credentials, Endpoint, EndpointKind, EndpointMode, EventFilter, Key},
    id::{ApplicationId, EndpointId, EnvironmentId, MessageId},
    message::{Message, Payload, ProfileHash},
    ports::{Clock, Entropy, Monotonic},
    secret::Secret,
    time::Timestamp,
};

/// 2026-11-21T05:00:00.123Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_237_200_123_000);

/// A clock that stands where it was put.
pub(crate) struct StoppedClock(pub(crate) AtomicI64);

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Entropy that counts its calls: every fill is different from the one before, and known.
#[derive(Default)]
pub(crate) struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub(crate) fn message(payload: &str) -> Message {
    Message {
        replace_key: None,
        supersedes: true,
        id: MessageId([3; 20]),
        environment: EnvironmentId([1; 20]),
        application: ApplicationId([2; 20]),
        event_type: "invoice.paid".parse().unwrap(),
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        created_at: NOW - Duration::from_secs(60),
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        profile: ProfileHash([0; 32]),
        only: None,
        payload_expires_day: 0,
        payload: Payload::Json(Bytes::copy_from_slice(payload.as_bytes())),
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint {
        profile: None,
        scope: None,
        filter: None,
        auth: Default::default(),
        auth_credentials: None,
        verify_tls: true,
        id: EndpointId([4; 20]),
        application: ApplicationId([2; 20]),
        uid: None,
        url: "https://customer.example/hook?a=1".parse().unwrap(),
        kind: EndpointKind::Http,
        mode: EndpointMode::Live,
        method: None,
        description: String::new(),
        version: 1,
        event_filter: EventFilter::Unfiltered,
        channels: None,
        metadata: BTreeMap::new(),
        rate_limit: None,
        max_concurrency: None,
        ordered: false,
        timeout: None,
        retry_schedule: None,
        disabled: None,
        paused: false,
        keys: Vec::new(),
        headers: None,
        userinfo: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        deleted_at: None,
        revision: 0,
    }
}

/// Keys with these secrets, oldest first, each an hour younger than the one before; the newest an hour old.
pub(crate) fn credentials(secrets: &[&str]) -> Credentials {
    let hours = |count: usize| Duration::from_secs(3600 * count as u64);
    let key = |(at, secret): (usize, &&str)| Key {
        number: u32::try_from(at).unwrap() + 1,
        secret: Secret::new(*secret),
        created_at: NOW - hours(secrets.len() - at),
        expires_at: (at + 1 < secrets.len()).then(|| NOW + hours(at + 1)),
    };
    Credentials { keys: secrets.iter().enumerate().map(key).collect(), ..Credentials::default() }
}
