//! The node under test. [`TestNode::finish`] must end every test: it audits the books and looks for tasks left.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use fanfare_core::{
    application::Application,
    delivery::{Attempt, Delivery, DeliveryKey, DeliveryState},
    endpoint::Endpoint,
    id::{ApplicationId, EndpointId, JobId, MessageId},
    limits::LEASE,
    message::{Message, Payload},
    node::Roles,
    ports::{
        Clock,
        store::{
            ApplicationStore as _, AttemptsOf, DeliveryStore as _, Named, PageQuery, ReplayStore as _,
            UpkeepStore as _,
        },
    },
    profile,
    replay::{Replay, ReplayStatus, Selection},
};
use fanfare_engine::{
    Engine, EngineConfig,
    accept::{Audience, Post, PostError, Posted},
    configure::{
        Actor, Configure,
        application::ApplicationDraft,
        endpoint::{EndpointDraft, NewEndpoint},
    },
    context::{Context, Ports, Profiles},
    dispatch::Bounds,
};
use fanfare_store::sqlite::SqliteStore;
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{clock::TestClock, entropy::Seeded, receivers::Receivers, store::WatchedStore};

/// The same for every test: 32 bytes in base64.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Bounds small enough to be reached.
pub(crate) const SMALL: Bounds = Bounds { in_flight: 16, queued: 64, bytes: 1 << 20, lane_queued: 16 };
/// How long a shutdown waits for what is in flight.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// Simulated time within which whatever a test waits for must happen.
const PATIENCE: Duration = Duration::from_secs(6 * 3600);

/// A node with one environment and one application.
pub(crate) struct TestNode {
    pub(crate) engine: Engine,
    pub(crate) net: Arc<Receivers>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) store: Arc<WatchedStore>,
    pub(crate) application: Application,
    pub(crate) registry: Registry,
    entropy: Arc<Seeded>,
    bounds: Bounds,
    running: JoinSet<()>,
    stop: CancellationToken,
    posted: u64,
    finished: bool,
    dir: TempDir,
}

struct Started {
    engine: Engine,
    registry: Registry,
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl TestNode {
    /// A node with the bounds of production.
    pub(crate) async fn start() -> Self {
        Self::with_bounds(Bounds::default()).await
    }

    /// A node with these bounds.
    pub(crate) async fn with_bounds(bounds: Bounds) -> Self {
        Self::with("standard", bounds).await
    }

    /// A node whose environment has this profile.
    pub(crate) async fn of_profile(profile: &str) -> Self {
        Self::with(profile, Bounds::default()).await
    }

    async fn with(profile: &str, bounds: Bounds) -> Self {
        let dir = in_memory();
        let clock = Arc::new(TestClock::new());
        let sqlite = SqliteStore::open_inline(&dir.path().join("fanfare.db"), clock.clone()).unwrap();
        let store = Arc::new(WatchedStore::new(Arc::new(sqlite)));
        let net = Arc::new(Receivers::new(clock.clone()));
        let entropy = Arc::new(Seeded::new(1));
        let started = run(&store, &net, &clock, &entropy, bounds).await;
        let configure = Configure::new(Arc::clone(started.engine.context()), Actor::cli());
        let environment = configure.create_environment("test", &profile.parse().unwrap()).await.unwrap().id;
        let draft = ApplicationDraft { name: "application".to_owned(), ..Default::default() };
        let application = configure.create_application(environment, draft).await.unwrap();
        let Started { engine, registry, running, stop } = started;
        let (posted, finished) = (0, false);
        Self {
            engine,
            net,
            clock,
            store,
            application,
            registry,
            entropy,
            bounds,
            running,
            stop,
            posted,
            finished,
            dir,
        }
    }

    /// Where the store is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What changes the configuration, without telling the engine.
    pub(crate) fn configure(&self) -> Configure {
        Configure::new(Arc::clone(self.engine.context()), Actor::cli())
    }

    /// Another application.
    pub(crate) async fn another_application(&self, name: &str) -> Application {
        let draft = ApplicationDraft { name: name.to_owned(), ..Default::default() };
        self.configure().create_application(self.application.environment, draft).await.unwrap()
    }

    /// An endpoint that wants everything; the engine knows at once.
    pub(crate) async fn endpoint(&self, host: &str) -> Endpoint {
        self.endpoint_with(host, |_| {}).await
    }

    /// An endpoint with wishes; the engine knows at once.
    pub(crate) async fn endpoint_with(&self, host: &str, wish: impl FnOnce(&mut EndpointDraft)) -> Endpoint {
        self.endpoint_of(&self.application, host, wish).await
    }

    /// An endpoint of another application; the engine knows at once.
    pub(crate) async fn endpoint_of(
        &self,
        application: &Application,
        host: &str,
        wish: impl FnOnce(&mut EndpointDraft),
    ) -> Endpoint {
        let mut draft = EndpointDraft::to(format!("http://{host}/").parse().unwrap());
        wish(&mut draft);
        let made = self.configure().create_endpoint(application, NewEndpoint::http(draft)).await.unwrap();
        self.engine.configuration_changed().await.unwrap();
        made
    }

    /// Changes an endpoint; the engine knows at once.
    pub(crate) async fn change(
        &self,
        endpoint: &Endpoint,
        change: impl Fn(&mut EndpointDraft) + Send + Sync,
    ) {
        let name = Named::Id(endpoint.id);
        self.configure().change_endpoint(&self.application, &name, change).await.unwrap();
        self.engine.configuration_changed().await.unwrap();
    }

    /// Pauses or resumes an endpoint; the engine knows at once.
    pub(crate) async fn set_paused(&self, endpoint: &Endpoint, paused: bool) {
        let name = Named::Id(endpoint.id);
        self.configure().set_endpoint_paused(&self.application, &name, paused).await.unwrap();
        self.engine.configuration_changed().await.unwrap();
    }

    /// An endpoint as the store has it now.
    pub(crate) async fn stored_endpoint(&self, endpoint: &Endpoint) -> Endpoint {
        let name = Named::Id(endpoint.id);
        self.store.endpoint(endpoint.application, name).await.unwrap().unwrap()
    }

    /// A message for everybody, different from all others.
    pub(crate) fn event(&mut self) -> Post {
        self.posted += 1;
        self.event_saying(format!(r#"{{ "number": {} }}"#, self.posted))
    }

    /// A message for everybody.
    pub(crate) fn event_saying(&self, payload: impl Into<Bytes>) -> Post {
        Post {
            environment: self.application.environment,
            application: Named::Id(self.application.id),
            event_type: "thing.happened".parse().unwrap(),
            event_id: None,
            channels: Default::default(),
            tags: Default::default(),
            payload: Payload::Json(payload.into()),
            payload_retention_days: 90,
            deliver_at: None,
            expires_at: None,
            ordering_key: None,
            replace_key: None,
            idempotency: None,
            audience: Audience::Subscribers,
        }
    }

    /// Posts a message, which must be stored.
    pub(crate) async fn post(&mut self) -> Arc<Message> {
        let event = self.event();
        self.post_event(event).await
    }

    /// Posts this message, which must be stored.
    pub(crate) async fn post_event(&self, event: Post) -> Arc<Message> {
        match self.engine.post(event).await.unwrap() {
            Posted::Stored(message) => message,
            Posted::Repeated(message) => panic!("{} was there before", message.id),
        }
    }

    /// Posts so many messages at once, all of which must be stored; in the order in which they were posted.
    pub(crate) async fn post_many(&mut self, count: usize) -> Vec<Arc<Message>> {
        let events: Vec<_> = (0..count).map(|_| self.event()).collect();
        self.post_together(events).await.into_iter().map(Result::unwrap).collect()
    }

    /// Posts these messages at once; in the order in which they were posted.
    pub(crate) async fn post_together(&self, events: Vec<Post>) -> Vec<Result<Arc<Message>, PostError>> {
        let posts = events.into_iter().map(|event| self.engine.post(event));
        let posted = futures::future::join_all(posts).await;
        posted
            .into_iter()
            .map(|posted| posted.map(|(Posted::Stored(message) | Posted::Repeated(message))| message))
            .collect()
    }

    /// Lets simulated time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.pass(time).await;
    }

    /// How long the test has run.
    pub(crate) fn age(&self) -> Duration {
        self.clock.monotonic().0
    }

    /// Waits, in simulated time, until `happened`.
    pub(crate) async fn until(&self, what: &str, mut happened: impl FnMut() -> bool) {
        let from = self.age();
        while !happened() {
            self.nap(from, || what.to_owned()).await;
        }
    }

    /// Waits, in simulated time, until so many requests have reached `host`.
    pub(crate) async fn until_called(&self, host: &str, times: usize) {
        self.until(&format!("{times} requests to {host}"), || self.net.count(host) >= times).await;
    }

    /// A message's delivery to an endpoint.
    pub(crate) async fn delivery(&self, message: &Message, endpoint: &Endpoint) -> Delivery {
        self.find_delivery(message.application, message.id, endpoint.id).await.expect("a delivery")
    }

    /// A message's delivery to an endpoint, if there is one.
    pub(crate) async fn find_delivery(
        &self,
        application: ApplicationId,
        message: MessageId,
        endpoint: EndpointId,
    ) -> Option<Delivery> {
        self.store.inner.delivery(DeliveryKey { application, message, endpoint }).await.unwrap()
    }

    /// Waits until a delivery is in this state.
    pub(crate) async fn until_state(&self, message: &Message, endpoint: &Endpoint, state: DeliveryState) {
        let from = self.age();
        loop {
            let found = self.find_delivery(message.application, message.id, endpoint.id).await;
            if found.as_ref().is_some_and(|delivery| delivery.state == state) {
                return;
            }
            self.nap(from, || format!("{state:?}, but {found:?}")).await;
        }
    }

    /// How many deliveries are in this state.
    pub(crate) async fn count(&self, state: DeliveryState) -> u64 {
        self.store.inner.conservation().await.unwrap().states.of(state)
    }

    /// Waits until so many deliveries are in this state.
    pub(crate) async fn until_count(&self, state: DeliveryState, count: u64) {
        let from = self.age();
        loop {
            let found = self.count(state).await;
            if found == count {
                return;
            }
            self.nap(from, || format!("{count} {state:?}, but {found}")).await;
        }
    }

    /// Looks ever less often, so that hours cost little.
    async fn nap(&self, from: Duration, what: impl FnOnce() -> String) {
        let waited = self.age() - from;
        assert!(waited < PATIENCE, "waited in vain: {}", what());
        self.pass((waited / 1000).clamp(Duration::from_millis(1), Duration::from_secs(1))).await;
    }

    /// A message's attempts, oldest first.
    pub(crate) async fn attempts(&self, message: &Message) -> Vec<Attempt> {
        let page = PageQuery { seek: None, descending: false, limit: 250 };
        let of = AttemptsOf::Message(message.id);
        let attempts = self.store.inner.attempts(message.application, of, Default::default(), page);
        attempts.await.unwrap().items
    }

    /// The value of a metric, by the start of its line in the Prometheus text.
    pub(crate) fn metric(&self, line: &str) -> f64 {
        let text = self.metrics();
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    }

    /// All metrics as Prometheus reads them.
    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }

    /// Kills the node at whatever await its tasks stand, and starts it again.
    pub(crate) async fn crash_and_restart(&mut self) {
        self.crash().await;
        self.restart().await;
    }

    /// Starts a replay.
    pub(crate) async fn replay(&self, selection: Selection, rate: Option<u32>) -> JobId {
        let (id, application) = (self.engine.context().mint(), &self.application);
        let job = Replay::new(id, application, selection, rate, self.clock.now());
        let audit =
            self.configure().audit(application.environment, Some(application.id), "replay.create", &id);
        self.engine.replay(job, audit).await.unwrap().unwrap();
        id
    }

    /// Waits until a replay stands so.
    pub(crate) async fn until_status(&self, job: JobId, status: ReplayStatus) -> Replay {
        let from = self.age();
        loop {
            let found = self.store.inner.replay(self.application.id, job).await.unwrap().unwrap();
            if found.status == status {
                return found;
            }
            self.nap(from, || format!("{status:?}, but {found:?}")).await;
        }
    }

    /// Kills the node.
    pub(crate) async fn crash(&mut self) {
        self.running.shutdown().await;
        // The tasks that the node owned are dropped by the scheduler, each in its turn.
        for _ in 0..32 {
            tokio::task::yield_now().await;
        }
    }

    /// Asks the node to stop and waits until it has.
    pub(crate) async fn shut_down(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
    }

    /// Starts a node over the same store.
    pub(crate) async fn restart(&mut self) {
        let started = run(&self.store, &self.net, &self.clock, &self.entropy, self.bounds).await;
        let Started { engine, registry, running, stop } = started;
        (self.engine, self.registry, self.running, self.stop) = (engine, registry, running, stop);
    }

    /// Ends the test: the node stops in good order, the books balance, and no task is left.
    pub(crate) async fn finish(mut self) {
        self.store.heal();
        self.shut_down().await;
        let (kept, counted) = (
            self.store.inner.conservation().await.unwrap(),
            self.store.inner.count_conservation().await.unwrap(),
        );
        assert!(kept.holds(), "the books do not balance: {kept:?}");
        assert_eq!(kept, counted, "the books and the rows");
        self.finished = true;
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 0, "a task outlived the node");
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "the test must end with finish()");
    }
}

async fn run(
    store: &Arc<WatchedStore>,
    net: &Arc<Receivers>,
    clock: &Arc<TestClock>,
    entropy: &Arc<Seeded>,
    bounds: Bounds,
) -> Started {
    let ports = Ports {
        store: store.clone(),
        transport: net.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let context = Context::new(ports, MASTER_KEY.parse().unwrap(), Profiles::new(profile::built_in()));
    let config = EngineConfig {
        node: "test".to_owned(),
        roles: Roles::ALL,
        lease: LEASE,
        retention_days: 90,
        grace: GRACE,
        bounds,
    };
    let mut registry = Registry::default();
    let (engine, node) = Engine::start(context, config, &mut registry).await.unwrap();
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    running.spawn(node.run(stop.clone()));
    Started { engine, registry, running, stop }
}

/// A directory in memory where there is such a thing: nothing here is about disks.
fn in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Seconds, for short.
pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
