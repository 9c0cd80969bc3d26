//! A node to feed: the shipped engine over the shipped store, in real time, with applications and no endpoints.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    id::EnvironmentId,
    limits::LEASE,
    message::Message,
    node::Roles,
    ports::{
        Clock, Entropy, Failure, FailureKind, Monotonic, Outcome, SendOptions, Transport,
        store::{MessageFilter, MessageStore as _, Named, PageQuery, Seek},
    },
    profile::built_in,
    render::Request,
    secret::MasterKey,
    time::Timestamp,
};
use fanfare_engine::{
    Engine, EngineConfig,
    configure::{Actor, Configure, application::ApplicationDraft},
    context::{Context, Ports, Profiles},
    dispatch::Bounds,
};
use fanfare_servers::until_told;
use fanfare_sources::{Feed, Metrics, Source};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything that should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A running node and what feeds it.
pub(crate) struct TestNode {
    pub(crate) engine: Engine,
    pub(crate) environment: EnvironmentId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    registry: Registry,
    store: Arc<SqliteStore>,
    feeds: Option<(JoinSet<()>, CancellationToken)>,
    tasks: JoinSet<()>,
    dir: TempDir,
}

impl TestNode {
    /// A node with the applications `shop` and `depot`.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        let options =
            OpenOptions { path: dir.path().join("store.db"), readers: 2, clock: Arc::clone(&clock) };
        let store = Arc::new(SqliteStore::open(options).unwrap());
        let (transport, entropy) = (Arc::new(NoTransport), Arc::new(OsEntropy));
        let key = MasterKey::generate(&OsEntropy);
        let ports = Ports { store: store.clone(), transport, clock: Arc::clone(&clock), entropy };
        let context = Context::serving(ports, key, Profiles::new(built_in()), None);
        let cli = Configure::new(Arc::clone(&context), Actor::cli());
        let environment = cli.create_environment("default", &"standard".parse().unwrap()).await.unwrap().id;
        for uid in ["shop", "depot"] {
            let draft = ApplicationDraft { uid: Some(uid.parse().unwrap()), ..application(uid) };
            cli.create_application(environment, draft).await.unwrap();
        }
        let config = EngineConfig {
            node: "test".to_owned(),
            roles: Roles::ALL,
            lease: LEASE,
            retention_days: 90,
            grace: Duration::from_secs(1),
            bounds: Bounds::default(),
        };
        let mut registry = Registry::default();
        let (engine, node) = Engine::start(context, config, &mut registry).await.unwrap();
        let metrics = Metrics::register(&mut registry);
        let mut tasks = JoinSet::new();
        tasks.spawn(node.run(CancellationToken::new()));
        Self { engine, environment, clock, metrics, registry, store, feeds: None, tasks, dir }
    }

    /// Begins to feed from this source.
    pub(crate) fn feed<S: Source + 'static>(&mut self, source: S) {
        let feed = Feed::new(self.engine.clone(), self.environment, "test", &self.metrics);
        let (feeds, stop) = self.feeds.get_or_insert_with(|| (JoinSet::new(), CancellationToken::new()));
        feeds.spawn(feed.run(source, stop.clone()));
    }

    /// Ends all feeds in the middle of whatever they do, as a crash would.
    pub(crate) async fn crash_feeds(&mut self) {
        if let Some((mut feeds, _)) = self.feeds.take() {
            feeds.shutdown().await;
        }
    }

    /// Ends what the engine does by itself: its lease is not renewed any more.
    pub(crate) async fn freeze(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Ends all feeds in order.
    pub(crate) async fn stop_feeds(&mut self) {
        if let Some((mut feeds, stop)) = self.feeds.take() {
            stop.cancel();
            while feeds.join_next().await.is_some() {}
        }
    }

    /// The messages of an application in the order in which they were accepted, once there are so many.
    pub(crate) async fn messages(&self, uid: &str, many: usize) -> Vec<Message> {
        self.until(&format!("{many} messages of {uid}"), async || self.all(uid).await.len() >= many).await;
        self.all(uid).await
    }

    /// The payloads of the messages of `shop`, once there are so many.
    pub(crate) async fn payloads(&self, many: usize) -> Vec<String> {
        let text = |message: &Message| String::from_utf8(message.payload.bytes().unwrap().to_vec()).unwrap();
        self.messages("shop", many).await.iter().map(text).collect()
    }

    /// All messages of an application, oldest first.
    pub(crate) async fn all(&self, uid: &str) -> Vec<Message> {
        let named = Named::Uid(uid.parse().unwrap());
        let view = self.engine.configurations().application(self.environment, &named).await.unwrap();
        let id = view.unwrap().application.id;
        let mut all = Vec::new();
        let mut seek = None;
        loop {
            let page = PageQuery { seek, descending: false, limit: 250 };
            let page = self.store.messages(id, MessageFilter::default(), page, true).await.unwrap();
            seek = page.items.last().map(|message| Seek::After(message.id));
            all.extend(page.items);
            if page.done {
                return all;
            }
        }
    }

    /// The value of a metric of the source, as the page of metrics shows it.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let start = format!("{name}{{source=\"test\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&start)).map_or(0.0, |value| value.parse().unwrap())
    }

    /// Makes the store refuse messages, or take them again.
    pub(crate) fn refuse_messages(&self, refuse: bool) {
        let sql = match refuse {
            true => "CREATE TRIGGER away BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'away'); END",
            false => "DROP TRIGGER away",
        };
        let store = Connection::open(self.dir.path().join("store.db")).unwrap();
        store.busy_timeout(SOON).unwrap();
        store.execute_batch(sql).unwrap();
    }

    /// Looks until the condition holds.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFnMut() -> bool) {
        self.until_within(SOON, what, condition).await;
    }

    /// Looks until the condition holds, for longer.
    pub(crate) async fn until_within(
        &self,
        limit: Duration,
        what: &str,
        condition: impl AsyncFnMut() -> bool,
    ) {
        until_told(what, limit, condition).await;
    }
}

fn application(name: &str) -> ApplicationDraft {
    ApplicationDraft { name: name.to_owned(), ..ApplicationDraft::default() }
}

/// The machine's clock.
struct RealClock;

#[async_trait]
#[expect(clippy::disallowed_methods, reason = "real servers keep real time")]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::EPOCH + since
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.now().since(Timestamp::EPOCH))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "real servers, real randomness")]
        getrandom::fill(bytes).unwrap();
    }
}

/// Nothing has an endpoint here.
struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    async fn send(&self, _: Request, _: &SendOptions) -> Outcome {
        Outcome { result: Err(Failure::new(FailureKind::Request, "nothing is sent here")), remote: None }
    }
}
