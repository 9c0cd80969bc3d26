//! A whole node for a test: the shipped store inline in a temporary directory, the shipped engine and router,
//! a scripted network, simulated time. When it is dropped, its books must balance.

mod clock;
mod entropy;
mod events;
mod network;
mod reply;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use fanfare_api::ApiConfig;
use fanfare_core::{
    environment::{KeyMode, Role},
    id::EnvironmentId,
    ports::{Clock as _, Store},
    profile::{Profile, built_in},
    secret::MasterKey,
};
use fanfare_engine::{
    Engine, EngineConfig,
    configure::{Actor, Configure},
    context::{Context, Ports, Profiles},
    dispatch::Bounds,
};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};
use http::{Method, Request};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub(crate) use self::{
    clock::TestClock,
    events::Events,
    network::{Answer, Network, header},
    reply::Reply,
};
use entropy::Counter;

/// A node with one environment and an admin key of it.
pub(crate) struct TestApp {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) network: Arc<Network>,
    pub(crate) environment: EnvironmentId,
    router: Router,
    token: String,
    _node: JoinSet<()>,
    _dir: TempDir,
}

impl TestApp {
    /// Starts one whose store works in the caller, for simulated time.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::start());
        let port: Arc<TestClock> = Arc::clone(&clock);
        let store = SqliteStore::open_inline(&dir.path().join("store.db"), port).unwrap();
        Self::over(store, clock, dir, None).await
    }

    /// The same with an environment under this profile.
    pub(crate) async fn under(profile: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::start());
        let port: Arc<TestClock> = Arc::clone(&clock);
        let store = SqliteStore::open_inline(&dir.path().join("store.db"), port).unwrap();
        Self::over(store, clock, dir, Some(Profile::parse(profile).unwrap())).await
    }

    /// The same under a built-in profile.
    pub(crate) async fn of(profile: &str) -> Self {
        let all = built_in();
        Self::under(&all.iter().find(|known| known.name.as_str() == profile).unwrap().text).await
    }

    /// Starts one whose store has threads of its own, so that requests truly overlap; for real time.
    pub(crate) async fn start_threaded() -> Self {
        Self::threaded(None).await
    }

    /// The same under a built-in profile.
    pub(crate) async fn start_threaded_under(profile: &str) -> Self {
        Self::threaded(built_in().into_iter().find(|known| known.name.as_str() == profile)).await
    }

    async fn threaded(own: Option<Profile>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::start());
        let port: Arc<TestClock> = Arc::clone(&clock);
        let options = OpenOptions { path: dir.path().join("store.db"), readers: 2, clock: port };
        Self::over(SqliteStore::open(options).unwrap(), clock, dir, own).await
    }

    async fn over(store: SqliteStore, clock: Arc<TestClock>, dir: TempDir, own: Option<Profile>) -> Self {
        let store = Arc::new(store);
        let network = Arc::new(Network::default());
        let profile = own.as_ref().map_or_else(|| "standard".parse().unwrap(), |own| own.name.clone());
        let context = context(&store, &clock, &network, own);
        let cli = Configure::new(Arc::clone(&context), Actor::cli());
        let environment = cli.create_environment("default", &profile).await.unwrap().id;
        let key = cli.create_key(environment, Role::Admin).await.unwrap();
        let config = EngineConfig {
            node: "test".to_owned(),
            roles: fanfare_core::node::Roles::ALL,
            lease: fanfare_core::limits::LEASE,
            retention_days: 90,
            grace: Duration::from_secs(1),
            bounds: Bounds::default(),
        };
        let (engine, node) = Engine::start(context, config, &mut Registry::default()).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(node.run(CancellationToken::new()));
        let public_url = "https://hooks.example".to_owned();
        let router = fanfare_api::router(engine.clone(), ApiConfig { public_url });
        let token = key.token.reveal().to_owned();
        Self { engine, store, clock, network, environment, router, token, _node: tasks, _dir: dir }
    }

    /// Changes of configuration as another process, the command line, makes them.
    pub(crate) fn cli(&self) -> Configure {
        Configure::new(Arc::clone(self.engine.context()), Actor::cli())
    }

    /// A key of another role in the same environment.
    pub(crate) async fn key(&self, role: Role) -> String {
        self.cli().create_key(self.environment, role).await.unwrap().token.reveal().to_owned()
    }

    /// A test key in the same environment.
    pub(crate) async fn test_key(&self, role: Role) -> String {
        let made = self.cli().create_key_in(KeyMode::Test, self.environment, role).await.unwrap();
        made.token.reveal().to_owned()
    }

    /// An admin key of another environment.
    pub(crate) async fn foreign_key(&self) -> String {
        let cli = self.cli();
        let other = cli.create_environment("other", &"standard".parse().unwrap()).await.unwrap();
        cli.create_key(other.id, Role::Admin).await.unwrap().token.reveal().to_owned()
    }

    /// A portal token for an application.
    pub(crate) async fn portal(&self, application: &str, flags: &[&str]) -> String {
        let body = json!({"featureFlags": flags});
        let reply = self.post(&format!("/api/v1/auth/app-portal-access/{application}"), body).await;
        reply.json(200)["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &self.token, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &self.token, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, &self.token, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, &self.token, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, &self.token, None).await
    }

    /// Calls with a certain token.
    pub(crate) async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Reply {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(self.request(method, path, token).body(Body::from(body)).unwrap()).await
    }

    /// Posts with an idempotency key.
    pub(crate) async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        let request = self.request(Method::POST, path, &self.token).header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Posts as a certain user agent.
    pub(crate) async fn post_as(&self, agent: &str, path: &str, body: Value) -> Reply {
        let request = self.request(Method::POST, path, &self.token).header(http::header::USER_AGENT, agent);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Posts these very bytes.
    pub(crate) async fn post_bytes(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.send(self.request(Method::POST, path, &self.token).body(body.into()).unwrap()).await
    }

    /// Opens a stream of events.
    pub(crate) async fn stream(&self, path: &str) -> Events {
        self.stream_as(path, &self.token).await
    }

    /// Opens a stream of events with a certain token.
    pub(crate) async fn stream_as(&self, path: &str, token: &str) -> Events {
        let request = self.request(Method::GET, path, token).body(Body::empty()).unwrap();
        Events::of(self.router.clone().oneshot(request).await.unwrap())
    }

    /// Opens a stream of events after one that was seen.
    pub(crate) async fn stream_after(&self, path: &str, seen: &str) -> Events {
        let request = self.request(Method::GET, path, &self.token).header("last-event-id", seen);
        Events::of(self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap())
    }

    /// Sends a request as it stands.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    fn request(&self, method: Method, path: &str, token: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        request
            .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
            .header(http::header::CONTENT_TYPE, "application/json")
    }

    /// Makes an application and returns its id.
    pub(crate) async fn application(&self, uid: &str) -> String {
        self.post("/api/v1/app", json!({"name": uid, "uid": uid})).await.json(201).id()
    }

    /// Makes an endpoint with these settings and returns its id.
    pub(crate) async fn endpoint(&self, application: &str, settings: Value) -> String {
        let mut body = json!({"url": "https://customer.example/hook"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.post(&format!("/api/v1/app/{application}/endpoint"), body).await.json(201).id()
    }

    /// Adds an event type.
    pub(crate) async fn event_type(&self, name: &str) {
        let body = json!({"name": name, "description": "a test's"});
        self.post("/api/v1/event-type", body).await.json(201);
    }

    /// Posts a message and returns its id.
    pub(crate) async fn message(&self, application: &str, event_type: &str) -> String {
        let body = json!({"eventType": event_type, "payload": {"n": 1}});
        self.post(&format!("/api/v1/app/{application}/msg"), body).await.json(202).id()
    }

    /// Reads `path` until `holds` does, while simulated time goes on.
    pub(crate) async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2_000 {
            let body = self.get(path).await.json(200).0;
            if holds(&body) {
                return body;
            }
            self.clock.advance(Duration::from_millis(5)).await;
        }
        panic!("{path} never became what it should: {}", self.get(path).await.text());
    }
}

fn context(
    store: &Arc<SqliteStore>,
    clock: &Arc<TestClock>,
    network: &Arc<Network>,
    own: Option<Profile>,
) -> Arc<Context> {
    let entropy = Counter::default();
    let master_key = MasterKey::generate(&entropy);
    let store: Arc<dyn Store> = Arc::clone(store) as _;
    let ports = Ports {
        store,
        transport: Arc::clone(network) as _,
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(entropy),
    };
    Context::new(ports, master_key, Profiles::new(built_in().into_iter().chain(own)))
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        use fanfare_core::ports::store::UpkeepStore as _;
        let kept = futures::executor::block_on(self.store.conservation()).unwrap();
        let counted = futures::executor::block_on(self.store.count_conservation()).unwrap();
        assert!(kept.holds(), "the books do not balance: {kept:?}");
        assert_eq!(kept, counted, "the books are not what the rows say");
        assert!(self.clock.now() > fanfare_core::time::Timestamp::EPOCH);
    }
}
