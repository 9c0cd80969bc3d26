//! One simulation: applications post, receivers fail and recover, the node is killed and started again.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use fanfare_core::{
    delivery::Delivery,
    endpoint::{EndpointMode, EventFilter},
    environment::Role,
    id::{ApplicationId, EndpointId},
    limits::PAGE_MOST,
    name::ProfileName,
    ports::{
        Store,
        store::{Conservation, PageQuery, Seek},
    },
};
use fanfare_engine::configure::{
    Actor, Configure,
    application::ApplicationDraft,
    endpoint::{EndpointDraft, NewEndpoint},
};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::{
    client::{Acknowledged, Client, Running, kind_name},
    clock::World,
    cluster,
    entropy::Dice,
    network::{Network, host},
    node::{Place, SimNode},
    oracle::{self, Evidence, Outage},
    plan::{ApplicationPlan, EndpointPlan, FAULTS_END, Life, Plan},
    trace::Trace,
};

/// What a simulation that held showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Messages acknowledged.
    pub acknowledged: usize,
    /// Requests that receivers took in.
    pub received: usize,
    /// Times the node was killed.
    pub kills: usize,
    /// Deliveries that replays sent again.
    pub replayed: u64,
    /// All that happened.
    pub trace: String,
}

/// An application as it was made.
pub(crate) struct Made {
    pub(crate) id: ApplicationId,
    pub(crate) endpoints: Vec<(EndpointId, String, EndpointPlan)>,
}

/// Streams of randomness, one for each use, so that one draws nothing from another.
pub(crate) mod stream {
    pub(crate) const PLAN: u64 = 0;
    pub(crate) const NETWORK: u64 = 1;
    pub(crate) const SETUP: u64 = 2;
    pub(crate) const CLUSTER: u64 = 3;
    pub(crate) const LIVES: u64 = 10;
}

/// All must have drained this long after the faults end.
pub(crate) const DRAINED_WITHIN: Duration = Duration::from_secs(3600);
/// Waits of the retry schedule, in seconds: together longer than the faults last.
const SCHEDULE: [u64; 14] = [1, 2, 4, 8, 16, 30, 30, 30, 60, 60, 60, 60, 60, 60];

/// Runs the simulation of `seed` over a store at `data`: of one node, or of several.
pub(crate) async fn run(seed: u64, data: &Path, cluster: bool) -> anyhow::Result<Report> {
    let world = World::new();
    let trace = Arc::new(Trace::default());
    let plan = Plan::draw(&Dice::new(seed, stream::PLAN));
    let mut network = Network::new(world, Arc::clone(&trace), Dice::new(seed, stream::NETWORK));
    for (number, application) in plan.applications.iter().enumerate() {
        for (endpoint, endpoint_plan) in application.endpoints.iter().enumerate() {
            network.add(host(number, endpoint), endpoint_plan);
        }
    }
    let network = Arc::new(network);
    let stage = Stage { seed, world, trace, network, data: data.to_owned() };
    if cluster {
        return cluster::run(seed, stage, plan).await;
    }
    let (key, made) = stage.set_up(&plan).await?;
    let api = Running::default();
    let acknowledged = Arc::new(Mutex::default());
    let mut clients = JoinSet::new();
    for (number, application) in plan.applications.iter().enumerate() {
        clients.spawn(stage.client(number, application, &made, &key, &api, &acknowledged).run());
    }
    let mut outages = Vec::new();
    for (number, life) in plan.lives.iter().enumerate() {
        stage.live(number as u64, *life, &api, &mut outages).await?;
    }
    let (books, deliveries) = stage.drain(plan.lives.len() as u64, &api, clients, &made).await?;
    let acknowledged = std::mem::take(&mut *acknowledged.lock());
    let (sent, received) = (stage.network.sent(), stage.network.book());
    let evidence = Evidence { acknowledged, sent, received, outages, made, deliveries, books };
    oracle::judge(&evidence)?;
    let encore = stage.encore(&plan, &key, &api, &evidence).await?;
    oracle::replays::judge(&evidence, &encore)?;
    Ok(Report {
        acknowledged: evidence.acknowledged.len(),
        received: evidence.received.len() + encore.received.len(),
        kills: evidence.outages.len() + encore.outages.len(),
        replayed: encore.jobs.iter().map(|job| job.ended.counts.sent).sum(),
        trace: stage.trace.take(),
    })
}

/// What all lives share.
pub(crate) struct Stage {
    pub(crate) seed: u64,
    pub(crate) world: World,
    pub(crate) trace: Arc<Trace>,
    pub(crate) network: Arc<Network>,
    pub(crate) data: std::path::PathBuf,
}

impl Stage {
    /// The client of an application.
    pub(crate) fn client(
        &self,
        number: usize,
        plan: &ApplicationPlan,
        made: &[Made],
        key: &str,
        api: &Running,
        acknowledged: &Arc<Mutex<Vec<Acknowledged>>>,
    ) -> Client {
        Client {
            world: self.world,
            trace: Arc::clone(&self.trace),
            number,
            application: made[number].id,
            key: key.to_owned(),
            posts: plan.posts.clone(),
            api: api.clone(),
            acknowledged: Arc::clone(acknowledged),
        }
    }

    pub(crate) async fn start(&self, life: u64, skew: i64) -> anyhow::Result<SimNode> {
        self.trace.note(self.world.age(), format_args!("life {life} begins, clock off by {skew} µs"));
        let dice = Dice::new(self.seed, stream::LIVES + life);
        let place = Place { node: 0, shared: false, skew };
        SimNode::start(self.world, &self.data, place, dice, &self.network).await
    }

    pub(crate) async fn live(
        &self,
        number: u64,
        life: Life,
        api: &Running,
        outages: &mut Vec<Outage>,
    ) -> anyhow::Result<()> {
        let mut node = self.start(number, life.skew).await?;
        api.open(node.door());
        tokio::select! {
            biased;
            () = self.trace.more(life.events) => {}
            () = self.world.sleep(life.length) => {}
        }
        for _ in 0..life.rounds {
            tokio::task::yield_now().await;
        }
        anyhow::ensure!(!node.has_ended(), "the node ended by itself");
        api.close(0);
        if life.killed {
            outages.push(Outage::at(0, self.world.age()));
            self.trace.note(self.world.age(), format_args!("life {number} is killed"));
            node.kill().await;
        } else {
            self.trace.note(self.world.age(), format_args!("life {number} is asked to stop"));
            node.stop().await?;
            // What was cut off after the grace time is ambiguous, like after a kill.
            outages.push(Outage::at(0, self.world.age()));
        }
        self.world.sleep(life.pause).await;
        Ok(())
    }

    /// The last life: no more faults, until everything is delivered.
    pub(crate) async fn drain(
        &self,
        number: u64,
        api: &Running,
        mut clients: JoinSet<()>,
        made: &[Made],
    ) -> anyhow::Result<(Conservation, Vec<Delivery>)> {
        let node = self.start(number, 0).await?;
        api.open(node.door());
        while let Some(ended) = clients.join_next().await {
            ended.context("a client panicked")?;
        }
        let deadline = FAULTS_END.max(self.world.age()) + DRAINED_WITHIN;
        loop {
            let books = node.store.count_conservation().await?;
            let waiting: u64 = books.states.0[..3].iter().sum();
            let open = node.store.open_replays(1).await?.len() + node.store.fanouts(None, 1).await?.len();
            if waiting == 0 && open == 0 {
                break;
            }
            anyhow::ensure!(
                self.world.age() < deadline,
                "{waiting} deliveries still wait an hour after all is well"
            );
            self.world.sleep(Duration::from_secs(1)).await;
        }
        let store = Arc::clone(&node.store);
        api.close(0);
        node.stop().await?;
        let (kept, counted) = (store.conservation().await?, store.count_conservation().await?);
        anyhow::ensure!(kept == counted, "the books say {kept:?}, the rows {counted:?}");
        self.trace.note(self.world.age(), format_args!("drained: {:?}", counted.states));
        Ok((counted, deliveries(&*store, made).await?))
    }

    /// Makes environment, applications and endpoints, in a short life of their own.
    pub(crate) async fn set_up(&self, plan: &Plan) -> anyhow::Result<(String, Vec<Made>)> {
        let dice = Dice::new(self.seed, stream::SETUP);
        let place = Place { node: 0, shared: false, skew: 0 };
        let node = SimNode::start(self.world, &self.data, place, dice, &self.network).await?;
        let configure = Configure::new(Arc::clone(node.engine.context()), Actor::cli());
        let profile: ProfileName = "sim".parse()?;
        let environment = configure.create_environment("sim", &profile).await?.id;
        for kind in 0..crate::plan::KINDS {
            configure.create_event_type(environment, kind_name(kind).parse()?, Default::default()).await?;
        }
        let key = configure.create_key(environment, Role::Admin).await?;
        let mut all = Vec::new();
        for (number, application) in plan.applications.iter().enumerate() {
            let draft = ApplicationDraft { name: format!("application {number}"), ..Default::default() };
            let made = configure.create_application(environment, draft).await?;
            let mut endpoints = Vec::new();
            for (at, endpoint) in application.endpoints.iter().enumerate() {
                let host = host(number, at);
                let draft = endpoint_draft(&host, endpoint)?;
                let made = configure.create_endpoint(&made, NewEndpoint::http(draft)).await?;
                endpoints.push((made.id, host, endpoint.clone()));
            }
            all.push(Made { id: made.id, endpoints });
        }
        node.stop().await?;
        Ok((key.token.reveal().to_owned(), all))
    }
}

/// All deliveries of all applications, as they ended.
pub(crate) async fn deliveries(store: &dyn Store, made: &[Made]) -> anyhow::Result<Vec<Delivery>> {
    let mut all = Vec::new();
    for application in made {
        let mut seek = None;
        loop {
            let page = PageQuery { seek, descending: false, limit: PAGE_MOST };
            let page = store.deliveries(application.id, Default::default(), page).await?;
            seek = page.items.last().map(|last| Seek::After((last.key.message, last.key.endpoint)));
            all.extend(page.items);
            if page.done {
                break;
            }
        }
    }
    Ok(all)
}

fn endpoint_draft(host: &str, plan: &EndpointPlan) -> anyhow::Result<EndpointDraft> {
    let EndpointPlan { ordered, max_concurrency, rate_limit, test, kind, .. } = *plan;
    let mode = if test { EndpointMode::Test } else { EndpointMode::Live };
    let event_filter = match kind {
        Some(kind) => EventFilter::Types([kind_name(kind).parse()?].into()),
        None => EventFilter::Unfiltered,
    };
    let retry_schedule = Some(SCHEDULE.map(Duration::from_secs).to_vec());
    let draft = EndpointDraft::to(format!("http://{host}/").parse()?);
    Ok(EndpointDraft { mode, ordered, max_concurrency, rate_limit, event_filter, retry_schedule, ..draft })
}
