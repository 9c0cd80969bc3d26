//! The store under test, watched: calls are counted, and a test can make them fail, hang, or succeed unheard.

mod activity;
mod inboxes;
mod nodes;
mod replay;
mod sessions;
mod upkeep;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use fanfare_core::{
    application::Application,
    delivery::{Attempt, Delivery, DeliveryKey, Incarnation},
    endpoint::Endpoint,
    environment::{ApiKey, Environment, EventType},
    id::{ApplicationId, AttemptId, EndpointId, EnvironmentId, KeyId, MessageId},
    message::{Message, ProfileHash},
    name::{EventId, EventTypeName, ProfileName},
    portal::Portal,
    ports::store::*,
    time::Timestamp,
};
use fanfare_store::sqlite::SqliteStore;
use parking_lot::Mutex;

/// What a watched call does instead of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails; nothing is written.
    Refuse,
    /// It is done, but its caller is told that this is not known.
    Ambiguous,
    /// It fails, and will fail again; nothing is written.
    Break,
    /// It never returns.
    Hang,
}

/// A store that a test watches and disturbs.
pub(crate) struct WatchedStore {
    pub(crate) inner: Arc<SqliteStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<&'static str, usize>,
    /// What goes wrong with calls of that name, and how many go well before.
    faults: BTreeMap<&'static str, (Fault, usize)>,
}

/// The calls that write on behalf of deliveries: what a full disk stops.
const WRITES: [&str; 18] = [
    "keep_activity",
    "accept",
    "expand",
    "record",
    "release",
    "resend",
    "claim",
    "unclaim",
    "rest",
    "heartbeat",
    "rescue",
    "expire",
    "cancel_of_deleted_endpoints",
    "create_replay",
    "step_replay",
    "cancel_replay",
    "fail_replay",
    "retain_payloads",
];

impl WatchedStore {
    pub(crate) fn new(inner: Arc<SqliteStore>) -> Self {
        Self { inner, state: Mutex::default() }
    }

    /// How often `name` was called so far.
    pub(crate) fn calls(&self, name: &str) -> usize {
        self.state.lock().calls.get(name).copied().unwrap_or(0)
    }

    /// From now on, after `well` more calls, calls of `name` go wrong.
    pub(crate) fn disturb(&self, name: &'static str, fault: Fault, well: usize) {
        self.state.lock().faults.insert(name, (fault, well));
    }

    /// All is well again.
    pub(crate) fn heal(&self) {
        self.state.lock().faults.clear();
    }

    /// From now on nothing can be written.
    pub(crate) fn refuse_writes(&self) {
        for name in WRITES {
            self.disturb(name, Fault::Refuse, 0);
        }
    }

    fn fault(&self, name: &'static str) -> Option<Fault> {
        let mut state = self.state.lock();
        *state.calls.entry(name).or_default() += 1;
        match state.faults.get_mut(name)? {
            (fault, 0) => Some(*fault),
            (_, well) => {
                *well -= 1;
                None
            }
        }
    }

    async fn watch<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        match self.fault(name) {
            None => call.await,
            Some(Fault::Refuse) => Err(unavailable(false)),
            Some(Fault::Break) => Err(StoreError::Broken("disturbed by the test".to_owned())),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Ambiguous) => {
                call.await?;
                Err(unavailable(true))
            }
        }
    }
}

fn unavailable(ambiguous: bool) -> StoreError {
    StoreError::Unavailable { reason: "disturbed by the test".to_owned(), ambiguous }
}

#[async_trait]
impl EnvironmentStore for WatchedStore {
    async fn create_environment(
        &self,
        environment: Environment,
        event_types: Vec<EventType>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        let made = self.inner.create_environment(environment, event_types, audit);
        self.watch("create_environment", made).await
    }

    async fn change_portal(
        &self,
        id: EnvironmentId,
        portal: Portal,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("change_portal", self.inner.change_portal(id, portal, audit)).await
    }

    async fn expire_portal_tokens(
        &self,
        application: ApplicationId,
        end: Timestamp,
        audit: Audit,
    ) -> StoreResult<u64> {
        self.watch("expire_portal_tokens", self.inner.expire_portal_tokens(application, end, audit)).await
    }

    async fn environments(&self) -> StoreResult<Vec<Environment>> {
        self.watch("environments", self.inner.environments()).await
    }

    async fn environment_config(&self, id: EnvironmentId) -> StoreResult<Option<EnvironmentConfig>> {
        self.watch("environment_config", self.inner.environment_config(id)).await
    }

    async fn create_key(&self, key: ApiKey, audit: Audit) -> StoreResult<()> {
        self.watch("create_key", self.inner.create_key(key, audit)).await
    }

    async fn key(&self, hash: [u8; 32]) -> StoreResult<Option<ApiKey>> {
        self.watch("key", self.inner.key(hash)).await
    }

    async fn keys(&self, environment: EnvironmentId) -> StoreResult<Vec<ApiKey>> {
        self.watch("keys", self.inner.keys(environment)).await
    }

    async fn revoke_key(&self, id: KeyId, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.watch("revoke_key", self.inner.revoke_key(id, audit)).await
    }

    async fn put_event_type(
        &self,
        event_type: EventType,
        replace: bool,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        self.watch("put_event_type", self.inner.put_event_type(event_type, replace, audit)).await
    }

    async fn event_types(
        &self,
        environment: EnvironmentId,
        query: EventTypeQuery,
        page: PageQuery<EventTypeName>,
    ) -> StoreResult<Page<EventType>> {
        self.watch("event_types", self.inner.event_types(environment, query, page)).await
    }

    async fn expunge_event_type(
        &self,
        name: EventTypeName,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("expunge_event_type", self.inner.expunge_event_type(name, audit)).await
    }

    async fn profiles_in_use(&self) -> StoreResult<BTreeSet<ProfileName>> {
        self.watch("profiles_in_use", self.inner.profiles_in_use()).await
    }

    async fn keep_profile(&self, hash: ProfileHash, text: String) -> StoreResult<()> {
        self.watch("keep_profile", self.inner.keep_profile(hash, text)).await
    }

    async fn profile(&self, hash: ProfileHash) -> StoreResult<Option<String>> {
        self.watch("profile", self.inner.profile(hash)).await
    }

    async fn remember_answer(
        &self,
        key: [u8; 32],
        answer: RememberedAnswer,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        self.watch("remember_answer", self.inner.remember_answer(key, answer, expires_at)).await
    }

    async fn remembered_answer(
        &self,
        key: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<RememberedAnswer>> {
        self.watch("remembered_answer", self.inner.remembered_answer(key, now)).await
    }
}

#[async_trait]
impl ApplicationStore for WatchedStore {
    async fn create_application(
        &self,
        application: Application,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("create_application", self.inner.create_application(application, audit)).await
    }

    async fn update_application(
        &self,
        application: Application,
        seen: Timestamp,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("update_application", self.inner.update_application(application, seen, audit)).await
    }

    async fn delete_application(
        &self,
        id: ApplicationId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("delete_application", self.inner.delete_application(id, audit)).await
    }

    async fn application(
        &self,
        environment: EnvironmentId,
        name: Named<ApplicationId>,
    ) -> StoreResult<Option<Application>> {
        self.watch("application", self.inner.application(environment, name)).await
    }

    async fn applications(
        &self,
        environment: EnvironmentId,
        page: PageQuery<ApplicationId>,
    ) -> StoreResult<Page<Application>> {
        self.watch("applications", self.inner.applications(environment, page)).await
    }

    async fn application_config(&self, id: ApplicationId) -> StoreResult<Option<ApplicationConfig>> {
        self.watch("application_config", self.inner.application_config(id)).await
    }

    async fn changes_since(&self, version: u64) -> StoreResult<Changes> {
        self.watch("changes_since", self.inner.changes_since(version)).await
    }

    async fn create_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("create_endpoint", self.inner.create_endpoint(endpoint, most, audit)).await
    }

    async fn update_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("update_endpoint", self.inner.update_endpoint(endpoint, most, audit)).await
    }

    async fn delete_endpoint(
        &self,
        application: ApplicationId,
        id: EndpointId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("delete_endpoint", self.inner.delete_endpoint(application, id, audit)).await
    }

    async fn endpoint(
        &self,
        application: ApplicationId,
        name: Named<EndpointId>,
    ) -> StoreResult<Option<Endpoint>> {
        self.watch("endpoint", self.inner.endpoint(application, name)).await
    }

    async fn endpoints(
        &self,
        application: ApplicationId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Endpoint>> {
        self.watch("endpoints", self.inner.endpoints(application, page)).await
    }

    async fn health(&self, application: ApplicationId) -> StoreResult<Vec<Health>> {
        self.watch("health", self.inner.health(application)).await
    }
}

#[async_trait]
impl MessageStore for WatchedStore {
    async fn accept(&self, batch: Vec<Accept>) -> StoreResult<Vec<Accepted>> {
        self.watch("accept", self.inner.accept(batch)).await
    }

    async fn fanouts(&self, after: Option<u64>, limit: usize) -> StoreResult<Vec<Fanout>> {
        self.watch("fanouts", self.inner.fanouts(after, limit)).await
    }

    async fn expand(
        &self,
        message: (ApplicationId, MessageId),
        from: Option<EndpointId>,
        slice: Vec<NewDelivery>,
        after: EndpointId,
        done: bool,
    ) -> StoreResult<bool> {
        self.watch("expand", self.inner.expand(message, from, slice, after, done)).await
    }

    async fn message(
        &self,
        application: ApplicationId,
        id: MessageId,
        with_payload: bool,
    ) -> StoreResult<Option<Message>> {
        self.watch("message", self.inner.message(application, id, with_payload)).await
    }

    async fn message_of_event(
        &self,
        application: ApplicationId,
        event_id: EventId,
    ) -> StoreResult<Option<MessageId>> {
        self.watch("message_of_event", self.inner.message_of_event(application, event_id)).await
    }

    async fn messages(
        &self,
        application: ApplicationId,
        filter: MessageFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<Message>> {
        self.watch("messages", self.inner.messages(application, filter, page, with_payload)).await
    }

    async fn horizon(
        &self,
        application: ApplicationId,
        endpoint: Option<EndpointId>,
        from: Option<MessageId>,
        rows: usize,
    ) -> StoreResult<Option<MessageId>> {
        self.watch("horizon", self.inner.horizon(application, endpoint, from, rows)).await
    }

    async fn expunge_message(
        &self,
        application: ApplicationId,
        id: MessageId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("expunge_message", self.inner.expunge_message(application, id, audit)).await
    }
}

#[async_trait]
impl DeliveryStore for WatchedStore {
    async fn record(&self, batch: Vec<Record>) -> StoreResult<Vec<Recorded>> {
        self.watch("record", self.inner.record(batch)).await
    }

    async fn release(&self, owner: Incarnation, keys: Vec<DeliveryKey>, now: Timestamp) -> StoreResult<()> {
        self.watch("release", self.inner.release(owner, keys, now)).await
    }

    async fn resend(&self, batch: Vec<Resend>) -> StoreResult<Vec<Result<Resent, ChangeError>>> {
        self.watch("resend", self.inner.resend(batch)).await
    }

    async fn cancel(&self, key: DeliveryKey, audit: Audit) -> StoreResult<Result<bool, ChangeError>> {
        self.watch("cancel", self.inner.cancel(key, audit)).await
    }

    async fn is_superseded(&self, key: DeliveryKey) -> StoreResult<bool> {
        self.watch("is_superseded", self.inner.is_superseded(key)).await
    }

    async fn delivery(&self, key: DeliveryKey) -> StoreResult<Option<Delivery>> {
        self.watch("delivery", self.inner.delivery(key)).await
    }

    async fn deliveries(
        &self,
        application: ApplicationId,
        filter: DeliveryFilter,
        page: PageQuery<(MessageId, EndpointId)>,
    ) -> StoreResult<Page<Delivery>> {
        self.watch("deliveries", self.inner.deliveries(application, filter, page)).await
    }

    async fn delivered_messages(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        filter: DeliveryFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<DeliveredMessage>> {
        self.watch(
            "delivered_messages",
            self.inner.delivered_messages(application, endpoint, filter, page, with_payload),
        )
        .await
    }

    async fn destinations(
        &self,
        application: ApplicationId,
        message: MessageId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Destination>> {
        self.watch("destinations", self.inner.destinations(application, message, page)).await
    }

    async fn attempts(
        &self,
        application: ApplicationId,
        of: AttemptsOf,
        filter: AttemptFilter,
        page: PageQuery<AttemptId>,
    ) -> StoreResult<Page<Attempt>> {
        self.watch("attempts", self.inner.attempts(application, of, filter, page)).await
    }

    async fn attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
    ) -> StoreResult<Option<Attempt>> {
        self.watch("attempt", self.inner.attempt(application, message, id)).await
    }

    async fn expunge_attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("expunge_attempt", self.inner.expunge_attempt(application, message, id, audit)).await
    }

    async fn endpoint_counts(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        from: Timestamp,
        until: Timestamp,
    ) -> StoreResult<DeliveryCounts> {
        self.watch("endpoint_counts", self.inner.endpoint_counts(application, endpoint, from, until)).await
    }
}

#[async_trait]
impl LaneStore for WatchedStore {
    async fn due_lanes(
        &self,
        claimer: Incarnation,
        now: Timestamp,
        after: Option<DueLane>,
        limit: usize,
    ) -> StoreResult<DueLanes> {
        self.watch("due_lanes", self.inner.due_lanes(claimer, now, after, limit)).await
    }

    async fn claim(
        &self,
        owner: Incarnation,
        now: Timestamp,
        lanes: Vec<LaneClaim>,
    ) -> StoreResult<Vec<Claimed>> {
        self.watch("claim", self.inner.claim(owner, now, lanes)).await
    }

    async fn unclaim(
        &self,
        owner: Incarnation,
        claimed_at: Timestamp,
        lanes: Vec<LaneClaim>,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.watch("unclaim", self.inner.unclaim(owner, claimed_at, lanes, now)).await
    }

    async fn rest(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        until: Timestamp,
    ) -> StoreResult<()> {
        self.watch("rest", self.inner.rest(application, endpoint, until)).await
    }

    async fn resting(
        &self,
        now: Timestamp,
        after: Option<RestingLane>,
        limit: usize,
    ) -> StoreResult<Vec<RestingLane>> {
        self.watch("resting", self.inner.resting(now, after, limit)).await
    }

    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog> {
        self.watch("backlog", self.inner.backlog(now)).await
    }
}
