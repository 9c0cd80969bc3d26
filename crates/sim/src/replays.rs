//! The encore: once all has drained, each application's deliveries are sent again by a replay job, while the
//! node is killed and started anew, and some of the jobs are called off.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use fanfare_core::{
    delivery::{Delivery, DeliveryKey, Trigger},
    id::{ApplicationId, JobId},
    limits::PAGE_MOST,
    ports::{
        Store,
        store::{AttemptFilter, AttemptsOf, PageQuery, Seek},
    },
    replay::{Replay, ReplayCounts},
};
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{LOOK_AGAIN, Running, call, kind_name},
    clock::World,
    network::Receipt,
    node::SimNode,
    oracle::{Evidence, Outage},
    plan::{Plan, ReplayPlan},
    scenario::{Made, Stage},
    trace::Trace,
};

/// What an encore left behind.
pub(crate) struct Encore {
    /// A job of each application.
    pub(crate) jobs: Vec<Job>,
    /// All deliveries, as they ended then.
    pub(crate) deliveries: Vec<Delivery>,
    /// How often each delivery was sent by hand with success, by what the store knows.
    pub(crate) successes: BTreeMap<DeliveryKey, usize>,
    /// What receivers took in meanwhile.
    pub(crate) received: Vec<Receipt>,
    /// When the node's lives ended meanwhile.
    pub(crate) outages: Vec<Outage>,
}

/// A replay job.
pub(crate) struct Job {
    pub(crate) plan: ReplayPlan,
    /// What it had come to when its cancelling was answered.
    pub(crate) cancelled: Option<ReplayCounts>,
    /// How it ended.
    pub(crate) ended: Replay,
}

/// By then whatever expires has expired by every node's clock, however far off.
const EXPIRED: Duration = Duration::from_secs(900);
/// Lives of the encore draw from their own streams of randomness.
const FIRST_LIFE: u64 = 100;

type Cancelled = Arc<Mutex<BTreeMap<JobId, ReplayCounts>>>;

impl Stage {
    /// Asks for the replays, and lives until they have ended.
    pub(crate) async fn encore(
        &self,
        plan: &Plan,
        key: &str,
        api: &Running,
        evidence: &Evidence,
    ) -> anyhow::Result<Encore> {
        self.world.sleep(EXPIRED.saturating_sub(self.world.age())).await;
        let (begun, mut outages) = (self.network.book().len(), Vec::new());
        let ids = self.ask(plan, key, &evidence.made, &mut outages).await?;
        let cancelled = Cancelled::default();
        let mut cancellers = JoinSet::new();
        for (number, (id, application)) in ids.iter().zip(&plan.applications).enumerate() {
            if let Some(after) = application.replay.cancel {
                let canceller = Canceller {
                    world: self.world,
                    trace: Arc::clone(&self.trace),
                    application: evidence.made[number].id,
                    job: *id,
                    key: key.to_owned(),
                    api: api.clone(),
                    cancelled: Arc::clone(&cancelled),
                };
                cancellers.spawn(canceller.run(after));
            }
        }
        let mut number = FIRST_LIFE;
        for life in &plan.encore {
            number += 1;
            self.live(number, *life, api, &mut outages).await?;
        }
        self.drain(number + 1, api, cancellers, &evidence.made).await?;
        let cancelled = std::mem::take(&mut *cancelled.lock());
        self.look(plan, &ids, cancelled, &evidence.made, begun, outages).await
    }

    /// A life that is asked for every application's replay and then killed.
    async fn ask(
        &self,
        plan: &Plan,
        key: &str,
        made: &[Made],
        outages: &mut Vec<Outage>,
    ) -> anyhow::Result<Vec<JobId>> {
        let node = self.start(FIRST_LIFE, 0).await?;
        let mut ids = Vec::new();
        for (application, made) in plan.applications.iter().zip(made) {
            ids.push(ask_for(&node, key, made, application.replay).await?);
        }
        for _ in 0..plan.encore.first().map_or(0, |life| life.rounds) {
            tokio::task::yield_now().await;
        }
        outages.push(Outage::at(0, self.world.age()));
        self.trace.note(self.world.age(), format_args!("asked for {} replays and killed", ids.len()));
        node.kill().await;
        Ok(ids)
    }

    async fn look(
        &self,
        plan: &Plan,
        ids: &[JobId],
        cancelled: BTreeMap<JobId, ReplayCounts>,
        made: &[Made],
        begun: usize,
        outages: Vec<Outage>,
    ) -> anyhow::Result<Encore> {
        let node = self.start(FIRST_LIFE - 1, 0).await?;
        let mut jobs = Vec::new();
        for ((id, application), made) in ids.iter().zip(&plan.applications).zip(made) {
            let ended = node.store.replay(made.id, *id).await?.context("a job is gone")?;
            jobs.push(Job { plan: application.replay, cancelled: cancelled.get(id).copied(), ended });
        }
        let deliveries = crate::scenario::deliveries(&*node.store, made).await?;
        let successes = successes(&*node.store, made).await?;
        node.stop().await?;
        let received = self.network.book().split_off(begun);
        Ok(Encore { jobs, deliveries, successes, received, outages })
    }
}

async fn ask_for(node: &SimNode, key: &str, made: &Made, plan: ReplayPlan) -> anyhow::Result<JobId> {
    let states = if plan.cancelled { vec!["succeeded", "cancelled"] } else { vec!["succeeded"] };
    let mut body = json!({"since": "2025-01-01T00:00:00Z", "rate": plan.rate, "states": states});
    if let Some(kind) = plan.kind {
        body["eventTypes"] = json!([kind_name(kind)]);
    }
    if let Some(at) = plan.endpoint {
        body["endpointIds"] = json!([made.endpoints[at].0.to_string()]);
    }
    if plan.despite {
        body["include"] = json!(["superseded", "expired"]);
    }
    let path = format!("/api/v1/app/{}/replay", made.id);
    let answer = call(node.api.clone(), key, "POST", &path, &body).await;
    let Some((StatusCode::ACCEPTED, job)) = answer else { anyhow::bail!("no replay: {answer:?}") };
    Ok(job["id"].as_str().context("a job has an id")?.parse()?)
}

/// How often each delivery was sent by hand with success.
async fn successes(store: &dyn Store, made: &[Made]) -> anyhow::Result<BTreeMap<DeliveryKey, usize>> {
    let mut counts = BTreeMap::new();
    for (application, (endpoint, ..)) in
        made.iter().flat_map(|made| made.endpoints.iter().map(|endpoint| (made.id, endpoint)))
    {
        let mut seek = None;
        loop {
            let page = PageQuery { seek, descending: false, limit: PAGE_MOST };
            let filter = AttemptFilter { success: Some(true), ..Default::default() };
            let page = store.attempts(application, AttemptsOf::Endpoint(*endpoint), filter, page).await?;
            for attempt in page.items.iter().filter(|attempt| attempt.trigger == Trigger::Manual) {
                *counts.entry(attempt.delivery).or_default() += 1;
            }
            seek = page.items.last().map(|last| Seek::After(last.id));
            if page.done {
                break;
            }
        }
    }
    Ok(counts)
}

/// Somebody who calls a job off.
struct Canceller {
    world: World,
    trace: Arc<Trace>,
    application: ApplicationId,
    job: JobId,
    key: String,
    api: Running,
    cancelled: Cancelled,
}

impl Canceller {
    async fn run(self, after: Duration) {
        self.world.sleep(after).await;
        while !self.cancel().await {
            self.world.sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether it is known what became of the job.
    async fn cancel(&self) -> bool {
        let Some(api) = self.api.any(0).map(|door| door.router) else { return false };
        let path = format!("/api/v1/app/{}/replay/{}", self.application, self.job);
        let answer = call(api.clone(), &self.key, "POST", &format!("{path}/cancel"), &Value::Null).await;
        let job = match answer {
            Some((StatusCode::OK, job)) => job,
            // It had ended, or an earlier try was stored though its answer was lost.
            Some((StatusCode::CONFLICT, _)) => match call(api, &self.key, "GET", &path, &Value::Null).await {
                Some((StatusCode::OK, job)) => job,
                _ => return false,
            },
            _ => return false,
        };
        if job["status"] == "cancelled" {
            self.trace.note(self.world.age(), format_args!("replay {} is cancelled", self.job));
            let number = |name: &str| job[name].as_u64().unwrap_or_else(|| panic!("{name} of {job}"));
            let counts = ReplayCounts {
                counted: number("counted"),
                sent: number("sent"),
                skipped: number("skipped"),
                failed: number("failed"),
            };
            self.cancelled.lock().insert(self.job, counts);
        }
        true
    }
}
