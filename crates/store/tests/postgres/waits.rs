//! Who waits for whom: somebody holds a lock by hand, and what the store does meanwhile is looked at.

use std::{pin::pin, sync::Arc, time::Duration};

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, EndReason, Trigger},
    ports::{
        Store,
        store::{Despite, LaneClaim, Resend, Resent},
    },
    time::Timestamp,
};
use fanfare_servers::{Postgres, until};
use fanfare_store::conformance::{self, World};
use futures::future::{Either, select};
use tokio::task::JoinSet;
use tokio_postgres::{Client, Error, NoTls};

use crate::{
    options,
    subject::{PostgresSubject, Subjects},
};

const LONG: Duration = Duration::from_secs(20);
/// How often a claim may give up before the lane is let go: this machine may be slow.
const TURNS: usize = 5;

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_767_225_600_000_000 + seconds * 1_000_000)
}

/// A connection by hand.
struct Hand {
    client: Client,
    _connection: JoinSet<Result<(), Error>>,
    server: Arc<Postgres>,
    database: String,
}

impl Hand {
    async fn of(subject: &PostgresSubject) -> Self {
        let (server, database) = (Arc::clone(&subject.server), subject.database.clone());
        let (client, connection) = tokio_postgres::connect(&server.url(&database), NoTls).await.unwrap();
        let mut running = JoinSet::new();
        running.spawn(connection);
        Self { client, _connection: running, server, database }
    }

    async fn does(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// Waits until so many others wait for a lock.
    async fn somebody_waits(&self, how_many: usize) {
        let sql = format!(
            "SELECT count(*) >= {how_many} FROM pg_stat_activity
             WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.database
        );
        let (server, database) = (Arc::clone(&self.server), self.database.clone());
        let waits = move || until("somebody waits", LONG, || server.sql(&database, &sql) == "t");
        tokio::task::spawn_blocking(waits).await.unwrap();
    }
}

async fn with_a_hand(case: impl AsyncFnOnce(&World, Hand)) {
    let subjects = Subjects::start().await;
    let subject = subjects.subject().await;
    let hand = Hand::of(&subject).await;
    conformance::run(subject, async |world: &World| case(world, hand).await).await;
}

/// The message is sent to a new endpoint while retention is about to erase it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_sent_again_is_not_erased() {
    with_a_hand(async |world, hand| {
        let application = world.application().await;
        let message = world.post(world.new_message(&application, at(1)), Vec::new()).await;
        let endpoint = world.endpoint(&application).await;
        world.wait_for(&application, &endpoint, at(2)).await;
        let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
        let again = Resend {
            key,
            ordering: None,
            profile: None,
            trigger: Trigger::Manual,
            despite: Despite::ALL,
            at: at(9),
        };
        hand.does("BEGIN; SELECT FROM lanes FOR UPDATE").await;
        let store = Arc::clone(&world.store);
        let mut resent = JoinSet::new();
        resent.spawn(async move { store.resend(vec![again]).await.unwrap() });
        hand.somebody_waits(1).await;
        // Both have been looked at by now; the second erases the message unless it waits for the first.
        let retained = pin!(world.store.retain_messages(at(3), 100));
        let retained = match select(retained, pin!(hand.somebody_waits(2))).await {
            Either::Left((answer, _)) => {
                answer.unwrap();
                None
            }
            Either::Right(((), retained)) => Some(retained),
        };
        hand.does("COMMIT").await;
        assert_eq!(resent.join_next().await.unwrap().unwrap(), [Ok(Resent::Queued)]);
        if let Some(retained) = retained {
            retained.await.unwrap();
        }
        assert!(world.store.message(application.id, message, false).await.unwrap().is_some());
    })
    .await;
}

/// Should one ever wait without its message, it ends, and the others of its lane go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_without_its_message_stops_only_itself() {
    with_a_hand(async |world, hand| {
        let application = world.application().await;
        let endpoint = world.endpoint(&application).await;
        let owner = world.start().await;
        let alone = world.wait_for(&application, &endpoint, at(1)).await;
        let sound = world.wait_for(&application, &endpoint, at(2)).await;
        let id: String = alone.message.0.iter().map(|byte| format!("{byte:02x}")).collect();
        hand.does(&format!(
            r"CREATE TEMP TABLE lost AS SELECT * FROM messages WHERE id = '\x{id}';
              DELETE FROM messages WHERE id = '\x{id}'"
        ))
        .await;
        assert_eq!(world.claim(owner, &endpoint, at(9)).await, [sound]);
        let ended = world.delivery(alone).await;
        assert_eq!((ended.state, ended.reason), (DeliveryState::Cancelled, Some(EndReason::PayloadGone)));
        hand.does("INSERT INTO messages SELECT * FROM lost").await;
    })
    .await;
}

/// A lane that is held most of the time is waited for where nobody else may claim it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_with_a_home_is_waited_for() {
    with_a_hand(async |world, hand| {
        let application = world.application().await;
        let endpoint = world.endpoint(&application).await;
        let owner = world.start().await;
        let key = world.wait_for(&application, &endpoint, at(1)).await;
        let lane = LaneClaim { application: application.id, endpoint: endpoint.id, limit: 9, home: true };
        let claim = async || world.store.claim(owner, at(9), vec![lane]).await.unwrap().len();
        hand.does("BEGIN; SELECT FROM lanes FOR UPDATE").await;
        assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
        // Not for ever: others want their deliveries too.
        assert_eq!(claim().await, 0);
        hand.does("COMMIT").await;
        let mut claimed = 0;
        for _ in 0..TURNS {
            hand.does("BEGIN; SELECT FROM lanes FOR UPDATE").await;
            claimed = match select(pin!(claim()), pin!(hand.somebody_waits(1))).await {
                Either::Left((claimed, _)) => {
                    hand.does("COMMIT").await;
                    claimed
                }
                Either::Right(((), claim)) => {
                    hand.does("COMMIT").await;
                    claim.await
                }
            };
            if claimed > 0 {
                break;
            }
        }
        assert_eq!(claimed, 1);
        assert_eq!(world.delivery(key).await.owner, Some(owner));
    })
    .await;
}

/// What an accept without a known end may still write is waited for, and given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_give_back_waits_for_what_is_in_doubt() {
    with_a_hand(async |world, hand| {
        let application = world.application().await;
        let endpoint = world.endpoint(&application).await;
        let owner = world.start().await;
        let owned = world.owned_by(owner, &application, &endpoint, at(1)).await;
        // As an accept does it: the guard shared, then the delivery, and no end of it yet.
        let guard = application.id.0[19] % 128;
        hand.does(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock_shared({}, {guard});
             CREATE TEMP TABLE doubtful AS SELECT * FROM deliveries",
            0x4661_6e66
        ))
        .await;
        hand.does("COMMIT").await;
        hand.server.sql(&hand.database, "DELETE FROM deliveries");
        hand.does(&format!(
            "BEGIN; SELECT pg_advisory_xact_lock_shared({}, {guard});
             INSERT INTO deliveries SELECT * FROM doubtful",
            0x4661_6e66
        ))
        .await;
        let store = Arc::clone(&world.store);
        let released = pin!(store.release(owner, vec![owned], at(5)));
        match select(released, pin!(hand.somebody_waits(1))).await {
            Either::Left(_) => panic!("it did not wait"),
            Either::Right(((), released)) => {
                hand.does("COMMIT").await;
                released.await.unwrap();
            }
        }
        assert_eq!(world.delivery(owned).await.owner, None);
        assert_eq!(world.claim(owner, &endpoint, at(9)).await, [owned]);
    })
    .await;
}

/// However much is read, leases are renewed and deliveries go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_leave_connections_to_the_engine() {
    with_a_hand(async |world, hand| {
        let url = hand.server.url(&hand.database);
        let small =
            fanfare_store::postgres::OpenOptions { pool: 6, statement_timeout: LONG, ..options(&url) };
        let store: Arc<dyn Store> =
            Arc::new(fanfare_store::postgres::PostgresStore::open(small).await.unwrap());
        let application = world.application().await;
        let owner = world.start().await;
        hand.does("BEGIN; LOCK TABLE attempts").await;
        let mut readers = JoinSet::new();
        for _ in 0..12 {
            let (store, id) = (Arc::clone(&store), application.id);
            readers.spawn(async move { store.attempt(id, [1; 20].into(), [2; 20].into()).await });
        }
        hand.somebody_waits(2).await;
        store.heartbeat(owner, LONG).await.unwrap();
        store.due_lanes(owner, at(1), None, 1).await.unwrap();
        store.claim(owner, at(1), Vec::new()).await.unwrap();
        hand.does("COMMIT").await;
        for read in readers.join_all().await {
            assert_eq!(read.unwrap(), None);
        }
    })
    .await;
}
