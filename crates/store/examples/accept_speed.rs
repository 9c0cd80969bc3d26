//! How many messages a second one SQLite store takes, fully durable: message, payload, delivery, completion
//! and attempt, alone and in batches of 32 and 256, for one application and for twenty that take turns.
//! `--keys` gives each message an idempotency key too.
//!
//! `cargo run --release -p fanfare-store --example accept_speed`

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    application::Application,
    delivery::{Attempt, DeliveryEvent, DeliveryKey, DeliveryState, Incarnation, Method, Trigger},
    id::{ApplicationId, AttemptId, AuditId, EndpointId, EnvironmentId, MessageId, first_id_at},
    limits::LEASE,
    message::{Message, Payload, ProfileHash},
    node::Roles,
    ports::{
        Clock, Monotonic,
        store::{
            Accept, Accepted, ApplicationStore as _, Audit, DeliveryStore as _, EnvironmentStore as _,
            MessageStore as _, NewDelivery, NodeStore as _, Record, Recorded, Targets,
        },
    },
    time::Timestamp,
};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};

const MESSAGES: u64 = 100_000;
const START: Timestamp = Timestamp(1_767_225_600_000_000);
const ENVIRONMENT: EnvironmentId = EnvironmentId([1; 20]);

struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        START
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = std::env::args().any(|argument| argument == "--keys");
    for (applications, batch) in [(1, 1), (1, 32), (1, 256), (20, 32), (20, 256)] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("fanfare.db");
        let store = SqliteStore::open(OpenOptions { path, readers: 2, clock: Arc::new(StandingClock) })?;
        let (owner, versions) = prepare(&store, applications).await?;
        let total = if batch == 1 { MESSAGES / 10 } else { MESSAGES };
        let began = Instant::now();
        let mut slowest = Duration::ZERO;
        for first in (0..total).step_by(batch) {
            let numbers = first..(first + batch as u64).min(total);
            let step = Instant::now();
            accept_and_record(&store, owner, &versions, numbers, keys).await?;
            slowest = slowest.max(step.elapsed());
        }
        let rate = total as f64 / began.elapsed().as_secs_f64();
        let sizes = store.file_sizes().await?;
        let bytes = sizes.file / total;
        println!(
            "{applications:2} applications, {batch:3} per commit: {rate:7.0} messages/s, slowest step {slowest:?}, {bytes} bytes a message"
        );
    }
    Ok(())
}

async fn accept_and_record(
    store: &SqliteStore,
    owner: Incarnation,
    versions: &(u64, Vec<u64>),
    numbers: std::ops::Range<u64>,
    keys: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let count = numbers.clone().count();
    let batch = numbers.clone().map(|number| accept(number, owner, versions, keys)).collect();
    assert_eq!(store.accept(batch).await?, vec![Accepted::Stored; count]);
    let applications = versions.1.len() as u64;
    let batch = numbers.map(|number| record(key(number, applications), number, owner)).collect();
    assert_eq!(store.record(batch).await?, vec![Recorded::Applied; count]);
    Ok(())
}

async fn prepare(
    store: &SqliteStore,
    count: u8,
) -> Result<(Incarnation, (u64, Vec<u64>)), Box<dyn std::error::Error>> {
    let profile = "standard".parse()?;
    let environment = fanfare_core::environment::Environment {
        id: ENVIRONMENT,
        name: "speed".to_owned(),
        profile,
        portal: fanfare_core::portal::Portal::default(),
        created_at: START,
    };
    store.create_environment(environment, Vec::new(), audit(0)).await??;
    let mut applications = Vec::new();
    for number in 0..count {
        let id = ApplicationId([number; 20]);
        let application = Application {
            method: None,
            webhooks_enabled: true,
            id,
            environment: ENVIRONMENT,
            uid: None,
            name: String::new(),
            rate_limit: None,
            metadata: std::collections::BTreeMap::new(),
            created_at: START,
            updated_at: START,
        };
        store.create_application(application, audit(number + 1)).await??;
        applications.push(store.application_config(id).await?.map_or(0, |config| config.version));
    }
    let environment = store.environment_config(ENVIRONMENT).await?.map_or(0, |config| config.version);
    let owner = store.start_incarnation("speed".to_owned(), Roles::ALL, LEASE, START).await?;
    Ok((owner, (environment, applications)))
}

fn audit(number: u8) -> Audit {
    Audit {
        id: AuditId([number; 20]),
        at: START,
        environment: ENVIRONMENT,
        application: None,
        actor: "speed".to_owned(),
        action: "speed.prepare",
        target: String::new(),
        detail: None,
    }
}

fn time(number: u64) -> Timestamp {
    START + Duration::from_micros(number * 50)
}

fn id(number: u64) -> [u8; 20] {
    let mut bytes = first_id_at(time(number));
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn key(number: u64, applications: u64) -> DeliveryKey {
    let application = (number % applications).to_be_bytes()[7];
    DeliveryKey {
        application: ApplicationId([application; 20]),
        message: MessageId(id(number)),
        endpoint: EndpointId([application; 20]),
    }
}

fn accept(number: u64, owner: Incarnation, versions: &(u64, Vec<u64>), keys: bool) -> Accept {
    let key = key(number, versions.1.len() as u64);
    let message = Message {
        replace_key: None,
        supersedes: true,
        id: key.message,
        environment: ENVIRONMENT,
        application: key.application,
        event_type: "invoice.paid".parse().expect("a valid name"),
        event_id: None,
        channels: std::collections::BTreeSet::new(),
        tags: std::collections::BTreeSet::new(),
        created_at: time(number),
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        only: None,
        profile: ProfileHash([7; 32]),
        payload_expires_day: START.day() + 90,
        payload: Payload::Json(Bytes::from(vec![b'x'; 600])),
    };
    let delivery = NewDelivery {
        endpoint: key.endpoint,
        state: DeliveryState::Pending,
        due: time(number),
        owner: Some(owner),
        ordering: None,
        profile: None,
    };
    Accept {
        message: Arc::new(message),
        application_version: versions.1[usize::from(key.application.0[0])],
        environment_version: versions.0,
        targets: Targets::Deliveries(vec![delivery]),
        idempotency: keys.then(|| (scattered(number), time(number) + Duration::from_secs(600))),
        event_id_expires_at: START,
    }
}

/// A key that lands anywhere in the index, as a hash does.
fn scattered(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    bytes
}

fn record(key: DeliveryKey, number: u64, owner: Incarnation) -> Record {
    let attempt = Attempt {
        id: AttemptId(id(number)),
        delivery: key,
        at: time(number),
        duration: Duration::from_millis(1),
        trigger: Trigger::Scheduled,
        method: Method::Post,
        url: "https://receiver.example/hooks/incoming/4711".to_owned(),
        success: true,
        status: 200,
        failure: None,
        response: Some(Bytes::from_static(b"ok")),
        key_number: Some(1),
        profile: ProfileHash([7; 32]),
    };
    Record {
        key,
        environment: ENVIRONMENT,
        owner,
        attempt: Some(attempt),
        event: DeliveryEvent::Succeed,
        due: None,
        reason: None,
        failing_since: None,
        disable: None,
        rest_until: None,
        at: time(number),
    }
}
