//! What the cases stand on: a store with one environment, and short ways to put things into it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use fanfare_core::{
    application::Application,
    delivery::{Attempt, Delivery, DeliveryEvent, DeliveryKey, DeliveryState, Incarnation, Method, Trigger},
    endpoint::{Endpoint, EndpointKind, EndpointMode, EventFilter, SealedKey},
    environment::{Environment, EventType},
    id::{ApplicationId, EndpointId, EnvironmentId, ID_BYTES, MessageId, first_id_at},
    message::{Message, Payload, ProfileHash},
    node::Roles,
    portal::Portal,
    ports::{
        Store,
        store::{Accept, Accepted, Audit, LaneClaim, NewDelivery, PageQuery, Record, Targets},
    },
    secret::Sealed,
    time::Timestamp,
};

use super::Subject;

/// A store with one environment, and short ways to put things into it.
pub struct World {
    /// The store under test.
    pub store: Arc<dyn Store>,
    /// What else is known of it.
    pub subject: Box<dyn Subject>,
    /// The environment that everything is made in unless said otherwise.
    pub environment: Environment,
    ids: AtomicU64,
}

/// 2026-01-01T00:00:00Z: when the cases begin.
const START: Timestamp = Timestamp(1_767_225_600_000_000);

/// An incarnation that never started.
pub(super) const NOBODY: Incarnation = Incarnation(0);
/// A lease that outlasts every case.
pub(super) const LEASE: Duration = Duration::from_secs(600);
/// One that runs out at once.
pub(super) const SHORT: Duration = Duration::from_millis(20);

/// Some seconds after the cases begin.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp(START.0 + seconds * 1_000_000)
}

/// The first page of a list.
pub(super) fn first<K>(limit: usize) -> PageQuery<K> {
    PageQuery { seek: None, descending: false, limit }
}

impl World {
    /// A world around an empty store.
    pub(super) async fn new(subject: Box<dyn Subject>) -> Self {
        let ids = AtomicU64::new(0);
        let environment = environment(new_id(&ids, at(0)), "main");
        let world = Self { store: subject.store(), subject, environment, ids };
        let audit = world.audit("environment.create", "main");
        world.store.create_environment(world.environment.clone(), Vec::new(), audit).await.unwrap().unwrap();
        world
    }

    /// Every delivery ever accepted is in a state or was erased on purpose, and the store is sound.
    pub(super) async fn audit_books(&self) {
        let kept = self.store.conservation().await.unwrap();
        assert!(kept.holds(), "the books do not balance: {kept:?}");
        assert_eq!(kept, self.store.count_conservation().await.unwrap(), "kept and counted differ");
        assert_eq!(self.subject.damage().await, Vec::<String>::new());
    }

    /// A new id, of the time when the cases begin.
    pub fn id<I: From<[u8; ID_BYTES]>>(&self) -> I {
        self.id_at(at(0))
    }

    /// A new id of the given time.
    pub fn id_at<I: From<[u8; ID_BYTES]>>(&self, time: Timestamp) -> I {
        new_id(&self.ids, time)
    }

    /// An audit row's content.
    pub fn audit(&self, action: &'static str, target: impl Display + Copy) -> Audit {
        Audit {
            id: self.id(),
            at: at(0),
            environment: self.environment.id,
            application: None,
            actor: "suite".to_owned(),
            action,
            target: target.to_string(),
            detail: None,
        }
    }

    /// Another environment.
    pub async fn other_environment(&self, name: &str) -> Environment {
        let environment = environment(self.id(), name);
        let audit = Audit { environment: environment.id, ..self.audit("environment.create", name) };
        self.store.create_environment(environment.clone(), Vec::new(), audit).await.unwrap().unwrap();
        environment
    }

    /// A stored event type.
    pub async fn event_type(&self, name: &str) -> EventType {
        let event_type = self.new_event_type(name);
        let audit = self.audit("event_type.put", name);
        self.store.put_event_type(event_type.clone(), false, audit).await.unwrap().unwrap();
        event_type
    }

    /// An event type that is not stored yet.
    pub fn new_event_type(&self, name: &str) -> EventType {
        EventType {
            group: None,
            use_case: None,
            aliases: Vec::new(),
            validate: false,
            name: name.parse().unwrap(),
            description: "Something happened".to_owned(),
            archived: false,
            deprecated: false,
            feature_flag: None,
            schemas: Some("{\"1\":{}}".to_owned()),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    /// An application that is not stored yet.
    pub fn new_application(&self) -> Application {
        Application {
            method: None,
            webhooks_enabled: true,
            id: self.id(),
            environment: self.environment.id,
            uid: None,
            name: "An application".to_owned(),
            rate_limit: None,
            metadata: BTreeMap::new(),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    /// A stored application.
    pub async fn application(&self) -> Application {
        let application = self.new_application();
        let audit = self.audit("application.create", application.id);
        self.store.create_application(application.clone(), audit).await.unwrap().unwrap();
        application
    }

    /// An endpoint that is not stored yet.
    pub fn new_endpoint(&self, application: ApplicationId) -> Endpoint {
        let key = SealedKey { number: 1, secret: Sealed(vec![1, 2, 3]), created_at: at(0), expires_at: None };
        Endpoint {
            profile: None,
            scope: None,
            filter: None,
            auth: Default::default(),
            auth_credentials: None,
            verify_tls: true,
            id: self.id(),
            application,
            uid: None,
            url: "https://receiver.example/hook".parse().unwrap(),
            kind: EndpointKind::Http,
            mode: EndpointMode::Live,
            method: None,
            description: String::new(),
            version: 1,
            event_filter: EventFilter::Unfiltered,
            channels: None,
            metadata: BTreeMap::new(),
            rate_limit: None,
            max_concurrency: None,
            ordered: false,
            timeout: None,
            retry_schedule: None,
            disabled: None,
            paused: false,
            keys: vec![key],
            headers: Some(Sealed(vec![4, 5])),
            userinfo: Some(Sealed(vec![6])),
            created_at: at(0),
            updated_at: at(0),
            deleted_at: None,
            revision: 1,
        }
    }

    /// A stored endpoint.
    pub async fn endpoint(&self, application: &Application) -> Endpoint {
        let endpoint = self.new_endpoint(application.id);
        let audit = self.audit("endpoint.create", endpoint.id);
        self.store.create_endpoint(endpoint.clone(), None, audit).await.unwrap().unwrap();
        endpoint
    }

    /// Changes a stored endpoint, and returns it as it is then.
    pub async fn change(&self, endpoint: &Endpoint, change: impl FnOnce(&mut Endpoint)) -> Endpoint {
        let mut changed = endpoint.clone();
        change(&mut changed);
        changed.revision += 1;
        let audit = self.audit("endpoint.update", endpoint.id);
        self.store.update_endpoint(changed.clone(), None, audit).await.unwrap().unwrap();
        changed
    }

    /// A message that is not stored yet, accepted at the given time.
    pub fn new_message(&self, application: &Application, created_at: Timestamp) -> Message {
        Message {
            replace_key: None,
            supersedes: true,
            id: self.id_at(created_at),
            environment: application.environment,
            application: application.id,
            event_type: "invoice.paid".parse().unwrap(),
            event_id: None,
            channels: BTreeSet::new(),
            tags: BTreeSet::new(),
            created_at,
            deliver_at: None,
            expires_at: None,
            ordering_key: None,
            only: None,
            profile: ProfileHash([7; 32]),
            payload_expires_day: created_at.day() + 90,
            payload: Payload::Json(Bytes::from_static(b"{\"n\":1}")),
        }
    }

    /// What accepting a message takes, matched against the versions of now.
    pub async fn accept_of(&self, message: Message, targets: Vec<NewDelivery>) -> Accept {
        let application = self.store.application_config(message.application).await.unwrap();
        let environment = self.store.environment_config(message.environment).await.unwrap();
        Accept {
            application_version: application.map_or(0, |config| config.version),
            environment_version: environment.map_or(0, |config| config.version),
            event_id_expires_at: message.created_at + Duration::from_secs(3600),
            message: Arc::new(message),
            targets: Targets::Deliveries(targets),
            idempotency: None,
        }
    }

    /// The same for many messages of one application, each with these targets.
    pub async fn accepts_of(&self, messages: Vec<Message>, targets: &[NewDelivery]) -> Vec<Accept> {
        let Some(first) = messages.first() else { return Vec::new() };
        let first = self.accept_of(first.clone(), targets.to_vec()).await;
        let item = |message: Message| Accept {
            event_id_expires_at: message.created_at + Duration::from_secs(3600),
            message: Arc::new(message),
            ..first.clone()
        };
        messages.into_iter().map(item).collect()
    }

    /// Accepts one message.
    pub async fn accept(&self, item: Accept) -> Accepted {
        self.store.accept(vec![item]).await.unwrap()[0]
    }

    /// Accepts a message that must be stored; returns its id.
    pub async fn post(&self, message: Message, targets: Vec<NewDelivery>) -> MessageId {
        let id = message.id;
        let item = self.accept_of(message, targets).await;
        assert_eq!(self.accept(item).await, Accepted::Stored);
        id
    }

    /// Accepts a plain message that waits unowned for one endpoint; returns its delivery's key.
    pub async fn wait_for(&self, application: &Application, to: &Endpoint, due: Timestamp) -> DeliveryKey {
        let message = self.post(self.new_message(application, due), vec![unowned(to.id, due)]).await;
        DeliveryKey { application: application.id, message, endpoint: to.id }
    }

    /// The same, owned from the start.
    pub async fn owned_by(
        &self,
        owner: Incarnation,
        application: &Application,
        to: &Endpoint,
        due: Timestamp,
    ) -> DeliveryKey {
        let delivery = NewDelivery { owner: Some(owner), ..unowned(to.id, due) };
        let message = self.post(self.new_message(application, due), vec![delivery]).await;
        DeliveryKey { application: application.id, message, endpoint: to.id }
    }

    /// Starts an incarnation.
    pub async fn start(&self) -> Incarnation {
        self.start_as(Roles::ALL).await
    }

    /// Starts an incarnation with these roles.
    pub async fn start_as(&self, roles: Roles) -> Incarnation {
        self.store.start_incarnation("node".to_owned(), roles, LEASE, at(0)).await.unwrap()
    }

    /// A lease that runs out, on a shared store: it was short, and time passes.
    pub async fn outlive(&self, incarnation: Incarnation) {
        assert!(self.store.heartbeat(incarnation, SHORT).await.unwrap().is_alive());
        self.subject.pass(SHORT * 2).await;
    }

    /// Claims from one lane; returns the keys in order.
    pub async fn claim(&self, owner: Incarnation, to: &Endpoint, now: Timestamp) -> Vec<DeliveryKey> {
        self.claim_up_to(owner, to, now, 100).await
    }

    /// The same of a lane that needs a home.
    pub async fn claim_home(&self, owner: Incarnation, to: &Endpoint, now: Timestamp) -> Vec<DeliveryKey> {
        let lane = LaneClaim { application: to.application, endpoint: to.id, limit: 1, home: true };
        let claimed = self.store.claim(owner, now, vec![lane]).await.unwrap();
        claimed.into_iter().map(|claimed| claimed.delivery.key).collect()
    }

    /// Claims from one lane, so many at most.
    pub async fn claim_up_to(
        &self,
        owner: Incarnation,
        to: &Endpoint,
        now: Timestamp,
        limit: usize,
    ) -> Vec<DeliveryKey> {
        let lane = LaneClaim { application: to.application, endpoint: to.id, limit, home: false };
        let claimed = self.store.claim(owner, now, vec![lane]).await.unwrap();
        claimed.into_iter().map(|claimed| claimed.delivery.key).collect()
    }

    /// The endpoints whose lanes are due.
    pub async fn due(&self, now: Timestamp) -> Vec<EndpointId> {
        self.due_for(NOBODY, now).await
    }

    /// The endpoints whose lanes are due for this incarnation.
    pub async fn due_for(&self, claimer: Incarnation, now: Timestamp) -> Vec<EndpointId> {
        let due = self.store.due_lanes(claimer, now, None, 100).await.unwrap();
        due.lanes.into_iter().map(|lane| lane.endpoint).collect()
    }

    /// A delivery that must be there.
    pub async fn delivery(&self, key: DeliveryKey) -> Delivery {
        self.store.delivery(key).await.unwrap().unwrap()
    }

    /// The state of a delivery that must be there.
    pub async fn state(&self, key: DeliveryKey) -> DeliveryState {
        self.delivery(key).await.state
    }

    /// What a node reports of a delivery it owns: an attempt, and what follows from it.
    pub fn report(
        &self,
        key: DeliveryKey,
        owner: Incarnation,
        event: DeliveryEvent,
        at: Timestamp,
    ) -> Record {
        Record {
            key,
            environment: self.environment.id,
            owner,
            attempt: Some(self.attempt(key, event == DeliveryEvent::Succeed, at)),
            event,
            due: (event == DeliveryEvent::Retry).then(|| at + Duration::from_secs(60)),
            reason: None,
            failing_since: None,
            disable: None,
            rest_until: None,
            at,
        }
    }

    /// Records one report.
    pub async fn record(&self, report: Record) -> fanfare_core::ports::store::Recorded {
        self.store.record(vec![report]).await.unwrap()[0]
    }

    /// An attempt.
    pub fn attempt(&self, key: DeliveryKey, success: bool, time: Timestamp) -> Attempt {
        Attempt {
            id: self.id_at(time),
            delivery: key,
            at: time,
            duration: Duration::from_micros(1234),
            trigger: Trigger::Scheduled,
            method: Method::Post,
            url: "https://receiver.example/hook".to_owned(),
            success,
            status: if success { 200 } else { 500 },
            failure: None,
            response: Some(Bytes::from_static(b"an answer")),
            key_number: Some(1),
            profile: ProfileHash([7; 32]),
        }
    }
}

/// A delivery that waits unowned.
pub(super) fn unowned(endpoint: EndpointId, due: Timestamp) -> NewDelivery {
    NewDelivery { endpoint, state: DeliveryState::Pending, due, owner: None, ordering: None, profile: None }
}

fn environment(id: EnvironmentId, name: &str) -> Environment {
    Environment {
        id,
        name: name.to_owned(),
        profile: "standard".parse().unwrap(),
        portal: Portal::default(),
        created_at: at(0),
    }
}

fn new_id<I: From<[u8; ID_BYTES]>>(ids: &AtomicU64, time: Timestamp) -> I {
    let mut bytes = first_id_at(time);
    bytes[ID_BYTES - 8..].copy_from_slice(&ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    I::from(bytes)
}
