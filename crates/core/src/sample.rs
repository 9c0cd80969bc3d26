//! Samples that the unit tests of several modules start from, and ports that a test controls.

use std::{
    sync::atomic::{AtomicI64, AtomicU8, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    endpoint::{Credentials, Endpoint, Key},
    id::{ApplicationId, EndpointId, EnvironmentId, MessageId},
    message::{Message, ProfileHash},
    ports::{Clock, Entropy, Monotonic},
    secret::Secret,
    specimen,
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
    let payload = Bytes::copy_from_slice(payload.as_bytes());
    let accepted = NOW - Duration::from_secs(60);
    Message {
        id: MessageId([3; 20]),
        environment: EnvironmentId([1; 20]),
        application: ApplicationId([2; 20]),
        payload_expires_day: 0,
        ..specimen::message(ProfileHash([0; 32]), "invoice.paid".parse().unwrap(), payload, accepted)
    }
}

pub(crate) fn endpoint() -> Endpoint {
    let url = "https://customer.example/hook?a=1".parse().unwrap();
    Endpoint {
        id: EndpointId([4; 20]),
        application: ApplicationId([2; 20]),
        revision: 0,
        ..specimen::endpoint(url, None, Timestamp::EPOCH)
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
