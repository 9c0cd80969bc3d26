//! Retention by dropping whole partitions.

use std::sync::Arc;

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryKey},
    ports::store::{MessageStore as _, UpkeepStore as _},
    time::Timestamp,
};
use fanfare_servers::Postgres;
use fanfare_store::conformance::{self, World};

use crate::subject::{self, Subjects};

/// The first week has a partition of its own.
const WEEK: i64 = 7 * 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_767_225_600_000_000 + seconds * 1_000_000)
}

/// What is asked of the database itself.
struct Database {
    server: Arc<Postgres>,
    name: String,
}

impl Database {
    /// Partitions of messages, beside the default one.
    fn partitions(&self) -> usize {
        let sql = "SELECT count(*) FROM pg_class WHERE relname ~ '^messages_d[0-9]+$'";
        self.server.sql(&self.name, sql).parse().unwrap()
    }
}

/// A store whose first week holds some that were delivered and one that waits; the second week one delivered.
async fn filled(world: &World) -> DeliveryKey {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for second in [1, 2, 3, WEEK + 1] {
        let key = world.owned_by(owner, &application, &endpoint, at(second)).await;
        world.record(world.report(key, owner, DeliveryEvent::Succeed, at(second + 1))).await;
    }
    world.wait_for(&application, &endpoint, at(4)).await
}

async fn retain(world: &World) {
    while world.store.retain_messages(at(WEEK + 1), 100).await.unwrap() {}
}

async fn cancel(world: &World, key: DeliveryKey) {
    let audit = world.audit("delivery.cancel", key.message);
    assert!(world.store.cancel(key, audit).await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_a_partition_in_which_nothing_waits() {
    let subjects = Subjects::start().await;
    let subject = subjects.subject().await;
    let database = Database { server: Arc::clone(&subject.server), name: subject.database.clone() };
    conformance::run(subject, async |world: &World| {
        let waiting = filled(world).await;
        let before = database.partitions();
        assert!(before >= 2);
        // What waits keeps its partition; the rest of it goes row by row.
        retain(world).await;
        assert_eq!(database.partitions(), before);
        let books = world.store.conservation().await.unwrap();
        assert_eq!((books.accepted, books.erased), (5, 3));
        cancel(world, waiting).await;
        assert!(world.store.retain_messages(at(WEEK + 1), 1).await.unwrap(), "a partition has gone at once");
        assert_eq!(database.partitions(), before - 1);
        let books = world.store.conservation().await.unwrap();
        assert_eq!((books.accepted, books.erased, books.states.total()), (5, 4, 1));
        retain(world).await;
        assert_eq!(database.partitions(), before - 1, "what is younger stays");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erases_row_by_row_while_somebody_reads() {
    let subjects = Subjects::start().await;
    let subject = subjects.subject().await;
    let database = Database { server: Arc::clone(&subject.server), name: subject.database.clone() };
    conformance::run(subject, async |world: &World| {
        let waiting = filled(world).await;
        cancel(world, waiting).await;
        let before = database.partitions();
        let url = database.server.url(&database.name);
        let (reader, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::select! {
            biased;
            ended = connection => panic!("the reader's connection ended: {ended:?}"),
            () = async {
                reader.batch_execute("BEGIN; SELECT count(*) FROM messages").await.unwrap();
                retain(world).await;
            } => {}
        }
        assert_eq!(database.partitions(), before);
        let books = world.store.conservation().await.unwrap();
        assert_eq!((books.accepted, books.erased), (5, 4));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_from_the_future_keeps_no_node_from_starting() {
    let subjects = Subjects::start().await;
    let subject = subjects.subject().await;
    let database = Database { server: Arc::clone(&subject.server), name: subject.database.clone() };
    conformance::run(subject, async |world: &World| {
        let before = database.partitions();
        // A node's clock was weeks ahead.
        let application = world.application().await;
        let early = world.post(world.new_message(&application, at(6 * WEEK)), vec![]).await;
        drop(subject::open_at(&database.server.url(&database.name), at(5 * WEEK)).await);
        assert_eq!(database.partitions(), before + 2, "the week of that message has no partition of its own");
        let store = subject::open_at(&database.server.url(&database.name), at(6 * WEEK)).await;
        assert!(store.message(application.id, early, false).await.unwrap().is_some());
        assert!(!store.compact().await.unwrap());
    })
    .await;
}
