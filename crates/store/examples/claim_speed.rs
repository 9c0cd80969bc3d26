//! How long a claim from 50 lanes takes on PostgreSQL, alone and beside one endpoint with many waiting
//! deliveries, and how PostgreSQL finds them.
//!
//! `cargo run --release -p fanfare-store --example claim_speed -- [WAITING]`, 1,000,000 unless said otherwise

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use fanfare_core::{
    delivery::Incarnation,
    id::{ApplicationId, EndpointId, first_id_at},
    ports::{
        Clock, Monotonic,
        store::{DeliveryStore as _, LaneClaim, LaneStore as _},
    },
    time::Timestamp,
};
use fanfare_servers::Postgres;
use fanfare_store::postgres::{OpenOptions, PostgresStore};

const LANES: u8 = 50;
const OF_EACH: usize = 8;
const ROUNDS: u32 = 100;
const NOW: Timestamp = Timestamp(1_767_225_600_000_000);

struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        NOW
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
    let many: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |number| number.parse())?;
    let server = Postgres::start();
    let url = server.create_database();
    let database = url.rsplit('/').next().unwrap_or_default();
    let store = PostgresStore::open(OpenOptions::new(url.parse()?, Arc::new(StandingClock))).await?;
    for lane in 0..LANES {
        fill(&server, database, lane, 100);
    }
    server.sql(database, "VACUUM ANALYZE");
    println!("alone: {:?} for a claim from {LANES} lanes", claims(&store).await?);
    fill(&server, database, LANES, many);
    println!("beside {many} waiting: {:?}", claims(&store).await?);
    server.sql(database, "VACUUM ANALYZE");
    println!("the same, vacuumed and analysed: {:?}", claims(&store).await?);
    let of_the_many = [lane(LANES)];
    println!("from the lane of the many: {:?}", rounds(&store, &of_the_many).await?);
    println!("{}", plan(&server, database));
    Ok(())
}

/// Writes waiting deliveries of one endpoint, their messages and their lane.
fn fill(server: &Postgres, database: &str, lane: u8, waiting: u64) {
    let prefix: String = first_id_at(NOW)[..11].iter().map(|byte| format!("{byte:02x}")).collect();
    let id = format!(r"'\x{prefix}{lane:02x}'::bytea || int8send(n)");
    let (application, endpoint) = (hex(&ApplicationId([1; 20]).0), hex(&lane_id(lane).0));
    let due = NOW.0;
    server.sql(
        database,
        &format!(
            "INSERT INTO messages (application, id, environment, event_type, created_at, profile, payload,
                 payload_expires_day, bytes)
             SELECT {application}, {id}, {application}, 'invoice.paid', {due}, sha256(''), 0, 30000,
                 convert_to(repeat('x', 600), 'UTF8')
             FROM generate_series(1, {waiting}) n;
             INSERT INTO deliveries (application, message, endpoint, state, blocked, due, seq, attempts,
                 retries_used, trigger, updated_at)
             SELECT {application}, {id}, {endpoint}, 1, false, {due}, nextval('seq'), 0, 0, 0, {due}
             FROM generate_series(1, {waiting}) n;
             INSERT INTO lanes (application, endpoint, next_due, rest_until, held)
             VALUES ({application}, {endpoint}, {due}, 0, 0)"
        ),
    );
}

fn hex(id: &[u8]) -> String {
    let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(r"'\x{digits}'::bytea")
}

fn lane_id(number: u8) -> EndpointId {
    EndpointId([number; 20])
}

fn lane(number: u8) -> LaneClaim {
    LaneClaim { application: ApplicationId([1; 20]), endpoint: lane_id(number), limit: OF_EACH, home: false }
}

async fn claims(store: &PostgresStore) -> Result<Duration, Box<dyn std::error::Error>> {
    let lanes: Vec<_> = (0..LANES).map(lane).collect();
    rounds(store, &lanes).await
}

/// The middle one of some claims; what was claimed is given back.
async fn rounds(store: &PostgresStore, lanes: &[LaneClaim]) -> Result<Duration, Box<dyn std::error::Error>> {
    let owner = Incarnation(1);
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let claimed = store.claim(owner, NOW, lanes.to_vec()).await?;
        took.push(began.elapsed());
        assert_eq!(claimed.len(), lanes.len() * OF_EACH);
        let keys = claimed.into_iter().map(|claimed| claimed.delivery.key).collect();
        store.release(owner, keys, NOW).await?;
    }
    took.sort_unstable();
    Ok(took[took.len() / 2])
}

fn plan(server: &Postgres, database: &str) -> String {
    let (application, due) = (hex(&ApplicationId([1; 20]).0), NOW.0);
    let endpoints: Vec<_> = (0..3).map(|number| hex(&lane_id(number).0)).collect();
    server.sql(
        database,
        &format!(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)
             SELECT d.* FROM unnest(ARRAY[{}]) l (endpoint) CROSS JOIN LATERAL (
                 SELECT * FROM deliveries WHERE application = {application} AND endpoint = l.endpoint
                     AND owner IS NULL AND state <= 2 AND NOT blocked AND due <= {due}
                 ORDER BY due, seq LIMIT {OF_EACH} FOR UPDATE SKIP LOCKED
             ) d",
            endpoints.join(", ")
        ),
    )
}
