//! Copying a store from SQLite, cut off wherever it may be.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    delivery::{DeliveryEvent, Incarnation},
    environment::{ApiKey, KeyMode, Role},
    message::{Message, Payload},
    ports::{
        Store,
        store::{AttemptFilter, AttemptsOf, DeliveryFilter, LaneClaim, MessageFilter, PageQuery, Targets},
    },
    time::Timestamp,
};
use fanfare_servers::Postgres;
use fanfare_store::{
    conformance::{self, Subject, World},
    copy::{CopyError, copy},
    postgres::{OpenError, PostgresStore},
    sqlite::{OpenOptions, SqliteStore},
};
use tokio::sync::mpsc;

use crate::{NOW, StandingClock, open, options, subject::name};

struct Source {
    store: Arc<SqliteStore>,
    _dir: tempfile::TempDir,
}

impl Source {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fanfare.db");
        let clock = Arc::new(StandingClock(NOW));
        let store = SqliteStore::open(OpenOptions { path, readers: 1, clock }).unwrap();
        Self { store: Arc::new(store), _dir: dir }
    }
}

#[async_trait::async_trait]
impl Subject for Source {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn pass(&self, _: Duration) {}

    async fn audit_rows(&self) -> Vec<(String, String, String)> {
        Vec::new()
    }

    async fn damage(&self) -> Vec<String> {
        self.store.integrity_check().await.unwrap()
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_767_225_600_000_000 + seconds * 1_000_000)
}

fn all<K>() -> PageQuery<K> {
    PageQuery { seek: None, descending: false, limit: 250 }
}

/// One of everything that can be in a store, and more messages than a slice holds.
async fn fill(world: &World) {
    let store = &world.store;
    assert!(store.check_master_key([5; 32]).await.unwrap());
    world.event_type("invoice.paid").await;
    let key = ApiKey {
        id: world.id(),
        environment: world.environment.id,
        hash: [9; 32],
        role: Role::Admin,
        application: None,
        feature_flags: Default::default(),
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
        mode: KeyMode::Live,
        read_only: false,
    };
    store.create_key(key, world.audit("key.create", "key")).await.unwrap();
    store.keep_profile(fanfare_core::message::ProfileHash([7; 32]), "text".to_owned()).await.unwrap();
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let paused = world.endpoint(&application).await;
    world.change(&paused, |endpoint| endpoint.paused = true).await;
    let gone = world.endpoint(&application).await;
    let owner = world.start().await;
    for (second, event) in
        [DeliveryEvent::Succeed, DeliveryEvent::Fail, DeliveryEvent::Retry].into_iter().enumerate()
    {
        let key = world.owned_by(owner, &application, &endpoint, at(second as i64)).await;
        world.record(world.report(key, owner, event, at(second as i64 + 1))).await;
    }
    world.owned_by(owner, &application, &endpoint, at(5)).await;
    world.wait_for(&application, &paused, at(6)).await;
    world.wait_for(&application, &gone, at(7)).await;
    let audit = world.audit("endpoint.delete", gone.id);
    store.delete_endpoint(application.id, gone.id, audit).await.unwrap().unwrap();
    let message = Message {
        event_id: Some("evt".parse().unwrap()),
        replace_key: Some("key".parse().unwrap()),
        payload: Payload::Raw(vec![0, 255, 7].into()),
        ..world.new_message(&application, at(8))
    };
    let mut wide = world.accept_of(message, vec![]).await;
    wide.targets = Targets::Fanout;
    wide.idempotency = Some(([3; 32], at(1_000_000)));
    world.accept(wide).await;
    store.rest(application.id, endpoint.id, at(50)).await.unwrap();
    let messages = (0..4_500).map(|_| world.new_message(&application, at(9))).collect();
    for batch in world.accepts_of(messages, &[]).await.chunks(500) {
        store.accept(batch.to_vec()).await.unwrap();
    }
}

/// What both stores must say alike.
async fn said(store: &dyn Store, world: &World) -> Vec<String> {
    let mut said = vec![
        format!("{:?}", store.environments().await.unwrap()),
        format!("{:?}", store.environment_config(world.environment.id).await.unwrap()),
        format!("{:?}", store.keys(world.environment.id).await.unwrap()),
        format!("{:?}", store.changes_since(0).await.unwrap()),
        format!("{:?}", store.conservation().await.unwrap()),
        format!("{:?}", store.count_conservation().await.unwrap()),
        format!("{:?}", store.backlog(at(1_000)).await.unwrap()),
        format!("{:?}", store.due_lanes(Incarnation(1_000), at(1_000), None, 100).await.unwrap()),
        format!("{:?}", store.fanouts(None, 10).await.unwrap()),
        format!("{:?}", store.audits(world.environment.id, None, all()).await.unwrap()),
    ];
    for application in store.applications(world.environment.id, all()).await.unwrap().items {
        let id = application.id;
        said.push(format!("{:?}", store.application_config(id).await.unwrap()));
        let deliveries = store.deliveries(id, DeliveryFilter::default(), all()).await.unwrap();
        said.push(format!("{deliveries:?}"));
        let messages = store.messages(id, MessageFilter::default(), all(), true).await.unwrap();
        for message in messages.items.iter().take(12) {
            let of = AttemptsOf::Message(message.id);
            let attempts = store.attempts(id, of, AttemptFilter::default(), all()).await.unwrap();
            said.push(format!("{attempts:?} {:?}", store.destinations(id, message.id, all()).await.unwrap()));
        }
        said.push(format!("{messages:?}"));
        said.push(format!("{:?}", store.message_of_event(id, "evt".parse().unwrap()).await.unwrap()));
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_a_store_whatever_cuts_it_off() {
    let server = Postgres::start();
    let url = server.create_database();
    let source = Source::open();
    let from = Arc::clone(&source.store);
    conformance::run(source, async |world: &World| {
        fill(world).await;
        // Cut off after more and more steps, until it comes through.
        let mut cuts = 0;
        let copied = loop {
            let to = PostgresStore::open_to_copy_into(options(&url)).await.unwrap();
            let (step, mut steps) = mpsc::unbounded_channel();
            let tell = |_| step.send(()).unwrap();
            let cut = async {
                for _ in 0..=cuts * 7 {
                    steps.recv().await;
                }
            };
            tokio::select! {
                biased;
                copied = copy(&from, &to, NOW, tell) => break copied.unwrap(),
                () = cut => {}
            }
            cuts += 1;
            let error = PostgresStore::open(options(&url)).await.map(drop).unwrap_err();
            assert!(matches!(error, OpenError::HalfACopy(_)), "{error}");
            assert!(cuts < 50, "the copy does not come to its end");
        };
        assert!(cuts >= 3, "it was cut off {cuts} times only");
        assert!(!copied.before);
        let store = open(&url).await;
        assert_eq!(said(&store, world).await, said(&*from, world).await);
        assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
        assert_eq!(store.compare_master_key([5; 32]).await.unwrap(), Some(true));
        goes_on(&store, world).await;
        // Once more does nothing.
        drop(store);
        let to = PostgresStore::open_to_copy_into(options(&url)).await.unwrap();
        let again = copy(&from, &to, NOW, |_| ()).await.unwrap();
        assert!(again.before);
        assert_eq!((again.tables, again.books), (copied.tables, copied.books));
    })
    .await;
    assert_eq!(server.sql(name(&url).as_str(), "SELECT count(*) FROM fanfare_copied"), "24");
}

/// New incarnations and places in the order of acceptance follow those of the source, and what waits is claimed.
async fn goes_on(store: &PostgresStore, world: &World) {
    use fanfare_core::ports::store::{LaneStore as _, NodeStore as _};
    let lease = Duration::from_secs(60);
    let owner = store.start_incarnation("node".to_owned(), Default::default(), lease, NOW).await.unwrap();
    let due = store.due_lanes(owner, at(1_000), None, 100).await.unwrap().lanes;
    assert!(!due.is_empty());
    let claims = due.iter().map(|lane| LaneClaim {
        application: lane.application,
        endpoint: lane.endpoint,
        limit: 100,
        home: false,
    });
    let claimed = store.claim(owner, at(1_000), claims.collect()).await.unwrap();
    assert_eq!(claimed.len(), 2, "one that was retried, one that was in flight");
    assert_eq!(world.environment.name, "main");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuses_what_is_somebody_elses() {
    let server = Postgres::start();
    let (one, other) = (Source::open(), Source::open());
    let (from, another) = (Arc::clone(&one.store), Arc::clone(&other.store));
    let url = server.create_database();
    conformance::run(other, async |world: &World| {
        world.application().await;
        let to = PostgresStore::open_to_copy_into(options(&url)).await.unwrap();
        let (step, mut steps) = mpsc::unbounded_channel();
        tokio::select! {
            biased;
            _ = copy(&another, &to, NOW, |_| step.send(()).unwrap()) => panic!("it was to be cut off"),
            _ = steps.recv() => {}
        }
    })
    .await;
    conformance::run(one, async |_: &World| {
        let to = PostgresStore::open_to_copy_into(options(&url)).await.unwrap();
        let refused = copy(&from, &to, NOW, |_| ()).await.unwrap_err();
        assert!(matches!(refused, CopyError::OtherSource), "{refused}");
        // A store that somebody works with.
        let used = server.create_database();
        let store = open(&used).await;
        fanfare_core::ports::store::NodeStore::check_master_key(&store, [1; 32]).await.unwrap();
        let refused = copy(&from, &store, NOW, |_| ()).await.unwrap_err();
        assert!(matches!(refused, CopyError::NotEmpty), "{refused}");
    })
    .await;
}
