//! How many messages a second one store takes, fully durable: message, payload, delivery, completion and
//! attempt, alone and in batches of 32 and 256, for one application and for twenty that take turns.
//! `--keys` gives each message an idempotency key too. `--postgres` measures a PostgreSQL of its own beside it,
//! with the rows that it wrote; `--stored N` fills it with N messages first, `--statements` tells
//! what each statement took.
//!
//! `cargo run --release -p fanfare-store --example accept_speed -- [--postgres] [--keys]`

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
            Accept, Accepted, ApplicationStore, Audit, DeliveryStore, EnvironmentStore, MessageStore,
            NewDelivery, NodeStore, Record, Recorded, Targets,
        },
    },
    time::Timestamp,
};
use fanfare_servers::Postgres;
use fanfare_store::{
    postgres::{self, PostgresStore},
    sqlite::{self, SqliteStore},
};

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

/// What is measured of a store.
trait Measured: EnvironmentStore + ApplicationStore + MessageStore + DeliveryStore + NodeStore {}
impl<T: EnvironmentStore + ApplicationStore + MessageStore + DeliveryStore + NodeStore> Measured for T {}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut keys, mut server, mut stored, mut statements) = (false, None, 0, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--keys" => keys = true,
            "--postgres" => {
                let settings = vec![
                    ("shared_preload_libraries", "pg_stat_statements".to_owned()),
                    ("pg_stat_statements.track_planning", "on".to_owned()),
                ];
                let options = fanfare_servers::Options { fsync: true, settings, ..Default::default() };
                server = Some(Postgres::start_with(&options));
            }
            "--statements" => statements = true,
            "--stored" => stored = arguments.next().ok_or("--stored wants a number")?.parse()?,
            other => return Err(format!("what is {other}?").into()),
        }
    }
    for (applications, batch) in [(1, 1), (1, 32), (1, 256), (20, 32), (20, 256)] {
        let total = if batch == 1 { MESSAGES / 10 } else { MESSAGES };
        match &server {
            None => on_sqlite(applications, batch, total, keys).await?,
            Some(server) => {
                on_postgres(server, applications, batch, total, (keys, stored)).await?;
                if statements {
                    println!("{}", times(server));
                }
            }
        }
    }
    Ok(())
}

async fn on_sqlite(applications: u8, batch: usize, total: u64, keys: bool) -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("fanfare.db");
    let clock = Arc::new(StandingClock);
    let store = SqliteStore::open(sqlite::OpenOptions { path, readers: 2, clock })?;
    let prepared = prepare(&store, applications).await?;
    let figures = measure(&store, &prepared, batch, 0..total, keys).await?;
    let bytes = store.file_sizes().await?.file / total;
    println!("{applications:2} applications, {batch:3} per commit: {figures}, {bytes} bytes a message");
    Ok(())
}

async fn on_postgres(
    server: &Postgres,
    applications: u8,
    batch: usize,
    total: u64,
    (keys, stored): (bool, u64),
) -> Outcome<()> {
    let url = server.create_database();
    let store =
        PostgresStore::open(postgres::OpenOptions::new(url.parse()?, Arc::new(StandingClock))).await?;
    let prepared = prepare(&store, applications).await?;
    let database = url.rsplit('/').next().unwrap_or_default();
    measure(&store, &prepared, 512, 0..stored, keys).await?;
    let before = rows_written(server, database);
    let figures = measure(&store, &prepared, batch, stored..stored + total, keys).await?;
    drop(store);
    let rows = (rows_written(server, database) - before) / total as f64;
    println!(
        "{applications:2} applications, {batch:3} per commit: {figures}, {rows:.2} row writes a message"
    );
    Ok(())
}

/// What each statement took since the last time: calls, milliseconds of planning and of execution per call.
fn times(server: &Postgres) -> String {
    server.sql("postgres", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    let sql = r"SELECT calls, round((total_plan_time / calls)::numeric, 3), round((total_exec_time / calls)::numeric, 3),
                       left(regexp_replace(query, '\s+', ' ', 'g'), 90)
                FROM pg_stat_statements WHERE calls > 0 ORDER BY total_plan_time + total_exec_time DESC LIMIT 20";
    let times = server.sql("postgres", sql);
    server.sql("postgres", "SELECT pg_stat_statements_reset()");
    times
}

/// Rows inserted, updated and deleted, as PostgreSQL counts them. A connection that ends says what it did.
fn rows_written(server: &Postgres, database: &str) -> f64 {
    let sql = "SELECT pg_stat_force_next_flush();
               SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables";
    server.sql(database, sql).trim().parse().unwrap_or(f64::NAN)
}

async fn measure(
    store: &dyn Measured,
    (owner, versions): &(Incarnation, (u64, Vec<u64>)),
    batch: usize,
    numbers: std::ops::Range<u64>,
    keys: bool,
) -> Outcome<String> {
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for first in numbers.clone().step_by(batch) {
        let part = first..(first + batch as u64).min(numbers.end);
        let step = Instant::now();
        accept_and_record(store, *owner, versions, part, keys).await?;
        slowest = slowest.max(step.elapsed());
    }
    let rate = (numbers.end - numbers.start) as f64 / began.elapsed().as_secs_f64();
    Ok(format!("{rate:7.0} messages/s, slowest step {slowest:?}"))
}

async fn accept_and_record(
    store: &dyn Measured,
    owner: Incarnation,
    versions: &(u64, Vec<u64>),
    numbers: std::ops::Range<u64>,
    keys: bool,
) -> Outcome<()> {
    let count = numbers.clone().count();
    let batch = numbers.clone().map(|number| accept(number, owner, versions, keys)).collect();
    assert_eq!(store.accept(batch).await?, vec![Accepted::Stored; count]);
    let applications = versions.1.len() as u64;
    let batch = numbers.map(|number| record(key(number, applications), number, owner)).collect();
    assert_eq!(store.record(batch).await?, vec![Recorded::Applied; count]);
    Ok(())
}

async fn prepare(store: &dyn Measured, count: u8) -> Outcome<(Incarnation, (u64, Vec<u64>))> {
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
