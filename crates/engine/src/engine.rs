//! The engine of one node: its shared parts, the handle that others hold, and the tasks that run it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::{Attempt, DeliveryKey, Incarnation, Trigger, ordering_of},
    message::Message,
    node::Roles,
    ports::store::{Audit, ChangeError, Despite, Hint, Resend, Resent, StoreError, StoreResult},
    time::Timestamp,
};
use prometheus_client::registry::Registry;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    accept::{self, Post, PostError, Posted, Preview},
    activity::{self, Activities},
    attempt, claim,
    configuration::Configurations,
    context::Context,
    dispatch::{Bounds, Dispatcher},
    fanout,
    lease::{self, Lease},
    metrics::{Metrics, RefusedLabels},
    peers, record, replay, rescue,
    rest::{self, Rests},
    sent::{self, Sent},
    updates::{self, FollowError, Follower, Updates, Wanted},
    upkeep,
};

/// How an engine runs.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The node's name, for people.
    pub node: String,
    /// What it does.
    pub roles: Roles,
    /// Days that messages and attempts are kept.
    pub retention_days: u32,
    /// How long a shutdown waits for what is in flight.
    pub grace: Duration,
    /// How long the node owns deliveries without renewing its lease; [`fanfare_core::limits::LEASE`] but in tests.
    pub lease: Duration,
    /// The bounds of the node's memory.
    pub bounds: Bounds,
}

/// What the tasks of an engine share.
pub(crate) struct Parts {
    pub(crate) context: Arc<Context>,
    pub(crate) configurations: Configurations,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) accepts: accept::batch::Queue,
    pub(crate) records: record::Queue,
    pub(crate) claims: claim::Hints,
    pub(crate) rests: Rests,
    pub(crate) fanouts: fanout::Accepted,
    pub(crate) replays: Notify,
    pub(crate) updates: Arc<Updates>,
    pub(crate) metrics: Metrics,
    pub(crate) activities: Activities,
    pub(crate) hints: peers::Hints,
    pub(crate) lease: Arc<Lease>,
    /// The first incarnation: what happens in this process is counted under it.
    pub(crate) life: Incarnation,
    pub(crate) node: String,
    pub(crate) roles: Roles,
    pub(crate) retention_days: u32,
    stopping: AtomicBool,
}

impl Parts {
    /// The incarnation that owns what this node takes on now.
    pub(crate) fn owner(&self) -> Incarnation {
        self.lease.owner()
    }

    /// Whether this node may take on deliveries now: it delivers, and its lease surely goes on.
    pub(crate) fn may_own(&self) -> bool {
        self.roles.deliver && self.lease.is_sure()
    }

    /// Whether no new attempt may start because the node shuts down.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// A handle on a running engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) parts: Arc<Parts>,
}

/// The tasks of an engine: they run while [`Node::run`] is polled and end when it is dropped.
pub struct Node {
    parts: Arc<Parts>,
    tasks: JoinSet<()>,
    grace: Duration,
}

impl Engine {
    /// Refuses a store that uses profiles which this process does not know; else registers a new incarnation
    /// and starts.
    pub async fn start(
        context: Arc<Context>,
        config: EngineConfig,
        registry: &mut Registry,
    ) -> StoreResult<(Self, Node)> {
        let mut in_use = context.store().profiles_in_use().await?.into_iter();
        if let Some(profile) = in_use.find(|name| context.profiles.named(name).is_none()) {
            return Err(StoreError::ProfileUnknown { of: "the store".to_owned(), profile });
        }
        for profile in context.profiles.all() {
            context.store().keep_profile(profile.hash, profile.text.clone()).await?;
        }
        let (node, roles, clock) = (config.node.clone(), config.roles, Arc::clone(&context.ports.clock));
        let asked = clock.monotonic();
        let owner = context.store().start_incarnation(node, roles, config.lease, context.now()).await?;
        let shared = context.store().is_shared();
        let lease = Arc::new(Lease::new(Arc::clone(&clock), config.lease, shared, owner, asked));
        let metrics = Metrics::register(registry);
        let (accepts, inbound_accepts) = accept::batch::queue();
        let (records, inbound_records) = record::queue();
        let parts = Arc::new(Parts {
            configurations: Configurations::new(Arc::clone(&context)),
            dispatcher: Arc::new(Dispatcher::new(clock, Arc::clone(&lease), config.bounds)),
            context,
            accepts,
            records,
            claims: claim::Hints::new(),
            rests: Rests::default(),
            fanouts: fanout::Accepted::default(),
            replays: Notify::new(),
            updates: Updates::new(owner.0, metrics.streams.clone(), metrics.stream_resets.clone()),
            metrics,
            activities: Activities::default(),
            hints: peers::Hints::default(),
            lease,
            life: owner,
            node: config.node,
            roles,
            retention_days: config.retention_days,
            stopping: AtomicBool::new(false),
        });
        if !shared && roles.deliver {
            // No lease runs out meanwhile: what earlier processes left is in order before anything else happens.
            rescue::slices(&parts).await?;
        }
        let mut tasks = JoinSet::new();
        tasks.spawn(accept::batch::run(Arc::clone(&parts), inbound_accepts));
        tasks.spawn(record::run(Arc::clone(&parts), inbound_records));
        tasks.spawn(claim::run(Arc::clone(&parts)));
        tasks.spawn(rest::run(Arc::clone(&parts)));
        tasks.spawn(fanout::run(Arc::clone(&parts)));
        tasks.spawn(replay::run(Arc::clone(&parts)));
        tasks.spawn(lease::run(Arc::clone(&parts)));
        tasks.spawn(rescue::run(Arc::clone(&parts)));
        tasks.spawn(peers::look(Arc::clone(&parts)));
        tasks.spawn(peers::tell(Arc::clone(&parts)));
        tasks.spawn(upkeep::run(Arc::clone(&parts)));
        Ok((Self { parts: Arc::clone(&parts) }, Node { parts, tasks, grace: config.grace }))
    }

    /// What everything stands on.
    pub fn context(&self) -> &Arc<Context> {
        &self.parts.context
    }

    /// Whether this node leads, and does what one node alone shall do.
    pub fn leads(&self) -> bool {
        self.parts.lease.leads()
    }

    /// The configuration in memory.
    pub fn configurations(&self) -> &Configurations {
        &self.parts.configurations
    }

    /// Now, by this node's wall clock.
    pub fn now(&self) -> Timestamp {
        self.parts.context.now()
    }

    /// Accepts a message: it is on disk when this returns.
    pub async fn post(&self, post: Post) -> Result<Posted, PostError> {
        let posted = accept::post(&self.parts, post).await;
        self.note_refusal(&posted);
        posted
    }

    /// Accepts messages together: in one transaction, in their order. Answers one by one; where the store takes
    /// none now, each of those that it could have taken says so.
    pub async fn post_all(&self, posts: &[Post]) -> Vec<Result<Posted, PostError>> {
        let posted = accept::post_all(&self.parts, posts).await;
        posted.iter().for_each(|posted| self.note_refusal(posted));
        posted
    }

    fn note_refusal(&self, posted: &Result<Posted, PostError>) {
        let reason = match posted {
            Ok(_) => return,
            Err(PostError::EventIdTaken) => "conflict",
            Err(PostError::Overloaded) => "overloaded",
            Err(PostError::Store(_)) => "store",
            Err(
                PostError::ApplicationGone
                | PostError::ExpiresBeforeDelivery
                | PostError::EventTypeArchived
                | PostError::EventTypeUnknown
                | PostError::PayloadInvalid(_),
            ) => "other",
        };
        self.parts.metrics.refused.get_or_create(&RefusedLabels { reason }).inc();
    }

    /// What a message would send now; it is not stored, and nothing is sent.
    pub async fn preview(&self, post: &Post) -> Result<Preview, PostError> {
        accept::preview(&self.parts, post).await
    }

    /// What an attempt at delivering `message` sent, as a log may show it.
    pub async fn sent(&self, attempt: &Attempt, message: &Message) -> StoreResult<Sent> {
        sent::sent(&self.parts, attempt, message).await
    }

    /// Call after any change of configuration through the store: this node goes by it from now on, and the
    /// others soon.
    pub async fn configuration_changed(&self) -> StoreResult<()> {
        self.parts.hints.tell(Hint::Configuration);
        self.parts.configurations.refresh().await?;
        self.wake();
        Ok(())
    }

    /// Sends a message to an endpoint again (or for the first time), by hand.
    pub async fn resend(&self, key: DeliveryKey) -> StoreResult<Result<(), ChangeError>> {
        let store = self.parts.context.store();
        let Some(message) = store.message(key.application, key.message, false).await? else {
            return Ok(Err(ChangeError::NotFound));
        };
        let view = self.parts.configurations.by_id(key.application).await?;
        let Some(endpoint) = view.as_ref().and_then(|view| view.endpoint(key.endpoint)) else {
            return Ok(Err(ChangeError::NotFound));
        };
        let ordering = endpoint.endpoint.ordered.then(|| ordering_of(message.ordering_key.as_ref()));
        let (profile, at) = (endpoint.own_profile(), self.now());
        let despite = Despite::ALL;
        let resend = Resend { key, ordering, profile, trigger: Trigger::Manual, despite, at };
        let answer = store.resend(vec![resend.clone()]).await?.into_iter().next();
        self.parts.claims.want(key.application, key.endpoint);
        if let Some(Ok(Resent::Queued)) = answer {
            updates::resent(&self.parts, message.environment, &resend, &message.event_type);
        }
        Ok(answer.map_or(Ok(()), |answer| answer.map(drop)))
    }

    /// Cancels a delivery that waits and is not in flight; answers whether it did.
    pub async fn cancel(&self, key: DeliveryKey, audit: Audit) -> StoreResult<Result<bool, ChangeError>> {
        let (store, at) = (self.parts.context.store(), audit.at);
        let cancelled = store.cancel(key, audit).await?;
        if cancelled == Ok(true)
            && self.parts.updates.are_followed()
            && let Some(message) = store.message(key.application, key.message, false).await?
        {
            updates::cancelled(&self.parts, key, &message, at);
        }
        Ok(cancelled)
    }

    /// Follows what becomes of deliveries, from now on or after the update that was seen last.
    pub fn follow(&self, wanted: Wanted, last_seen: Option<&str>) -> Result<Follower, FollowError> {
        self.parts.updates.follow(wanted, last_seen)
    }

    /// Ends all that follow: nothing of them stands in the way of a shutdown.
    pub fn end_updates(&self) {
        self.parts.updates.end();
    }

    /// Something in the store became due: resumed, recovered, freed.
    pub fn wake(&self) {
        self.parts.claims.look_at(Timestamp::EPOCH);
    }
}

impl Node {
    /// Dispatches until `stop`, then drains: what is in flight is finished (or left to be rescued after the
    /// grace time), what waits in memory goes back to the store.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut attempts = JoinSet::new();
        self.dispatch(&mut attempts, &stop).await;
        self.parts.stopping.store(true, Ordering::Release);
        self.parts.updates.end();
        self.finish(&mut attempts).await;
        if let Err(error) = self.leave().await {
            tracing::warn!(%error, "could not leave in good order; what is left is rescued at the next start");
        }
        self.tasks.shutdown().await;
    }

    async fn dispatch(&mut self, attempts: &mut JoinSet<()>, stop: &CancellationToken) {
        let parts = Arc::clone(&self.parts);
        loop {
            while let Some(job) = parts.dispatcher.next() {
                attempts.spawn(attempt::run(Arc::clone(&parts), job));
            }
            while attempts.try_join_next().is_some() {}
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = self.tasks.join_next() => panic!("a task of the engine ended: {ended:?}"),
                () = parts.dispatcher.ready() => {}
            }
        }
    }

    async fn finish(&self, attempts: &mut JoinSet<()>) {
        let all_ended = async { while attempts.join_next().await.is_some() {} };
        tokio::select! {
            biased;
            () = all_ended => {}
            () = self.parts.context.ports.clock.sleep(self.grace) => {
                tracing::warn!("attempts in flight were cut off; they are made again after the next start");
            }
        }
        attempts.shutdown().await;
    }

    async fn leave(&self) -> StoreResult<()> {
        let parts = &self.parts;
        for job in parts.dispatcher.with(|lanes, _| lanes.drain()) {
            parts.records.give_back(job.owner, [job.key]);
        }
        tokio::select! {
            biased;
            () = parts.records.flush() => {}
            () = parts.context.ports.clock.sleep(self.grace) => {
                tracing::error!("the store did not take the last outcomes in time");
            }
        }
        if let Err(error) = activity::write(parts).await {
            tracing::warn!(%error, "what happened in the last seconds is missing from the charts");
        }
        parts.context.store().end_incarnation(parts.owner()).await
    }
}
