//! Several nodes over one store: they are killed, stopped, frozen past their leases and go on, with clocks minutes
//! apart, while clients post to any of them; in the end all are well, and everything must have been delivered.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::{
    client::Running,
    entropy::Dice,
    node::{Place, SimNode},
    oracle::{self, Evidence, Outage},
    plan::{FAULTS_END, Plan},
    scenario::{DRAINED_WITHIN, Made, Report, Stage, deliveries, stream},
};

/// A lease short enough that many run out.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// Clocks are wrong by this at most, either way.
const SKEW_MOST: Duration = Duration::from_secs(180);
/// Numbers of lives, one range per node, for their streams of randomness.
const LIVES_PER_NODE: u64 = 100;

/// A node: what happens to it until all is well.
struct NodePlan {
    skew: i64,
    lives: Vec<Life>,
}

/// One life that ends before all is well.
struct Life {
    length: Duration,
    /// Frozen after so much of it, for so long.
    frozen: Option<(Duration, Duration)>,
    killed: bool,
    /// How long the node is away afterwards.
    pause: Duration,
}

fn draw(dice: &Dice) -> Vec<NodePlan> {
    (0..dice.between(2, 4)).map(|_| node(dice)).collect()
}

fn node(dice: &Dice) -> NodePlan {
    let span = u64::try_from(SKEW_MOST.as_micros()).unwrap_or(u64::MAX);
    let skew = dice.below(2 * span).cast_signed() - span.cast_signed();
    let count = dice.below(4);
    let share = FAULTS_END / u32::try_from(count.max(1)).unwrap_or(1);
    NodePlan { skew, lives: (0..count).map(|_| life(dice, share)).collect() }
}

fn life(dice: &Dice, longest: Duration) -> Life {
    Life {
        length: dice.duration(longest),
        frozen: dice.once_in(2).then(|| (dice.duration(longest), dice.duration(LEASE * 3))),
        killed: !dice.once_in(3),
        pause: dice.duration(LEASE * 2),
    }
}

/// Runs the cluster's part of a simulation.
pub(crate) async fn run(seed: u64, stage: Stage, plan: Plan) -> anyhow::Result<Report> {
    let nodes = draw(&Dice::new(seed, stream::CLUSTER));
    let (key, made) = stage.set_up(&plan).await?;
    let (api, acknowledged) = (Running::default(), Arc::new(Mutex::default()));
    let mut clients = stage.clients(&plan, &made, &key, &api, &acknowledged);
    let lives = nodes.iter().enumerate().map(|(number, node)| stage.lives(number, node, &api));
    let mut outages = Vec::new();
    let mut running = Vec::new();
    for lived in futures::future::join_all(lives).await {
        let (node, of_node) = lived?;
        running.push(node);
        outages.extend(of_node);
    }
    while let Some(ended) = clients.join_next().await {
        ended.context("a client panicked")?;
    }
    drained(&stage, &mut running).await?;
    let store = Arc::clone(&running[0].store);
    for (number, node) in running.into_iter().enumerate() {
        api.close(number);
        node.stop().await?;
    }
    let (books, counted) = (store.conservation().await?, store.count_conservation().await?);
    anyhow::ensure!(books == counted, "the books say {books:?}, the rows {counted:?}");
    let deliveries = deliveries(&*store, &made).await?;
    let acknowledged = std::mem::take(&mut *acknowledged.lock());
    let (sent, received) = (stage.network.sent(), stage.network.book());
    let evidence = Evidence { acknowledged, sent, received, outages, made, deliveries, books };
    oracle::judge(&evidence)?;
    oracle::cluster::judge(&evidence)?;
    Ok(Report {
        acknowledged: evidence.acknowledged.len(),
        received: evidence.received.len(),
        kills: evidence.outages.len(),
        replayed: 0,
        trace: stage.trace.take(),
    })
}

async fn drained(stage: &Stage, running: &mut [SimNode]) -> anyhow::Result<()> {
    let deadline = FAULTS_END.max(stage.world.age()) + DRAINED_WITHIN;
    loop {
        anyhow::ensure!(!running.iter_mut().any(SimNode::has_ended), "a node ended by itself");
        let store = &running[0].store;
        let books = store.count_conservation().await?;
        let waiting: u64 = books.states.0[..3].iter().sum();
        if waiting == 0 && store.fanouts(None, 1).await?.is_empty() {
            return Ok(());
        }
        let late = stage.world.age() >= deadline;
        anyhow::ensure!(!late, "{waiting} deliveries still wait an hour after all is well");
        stage.world.sleep(Duration::from_secs(1)).await;
    }
}

impl Stage {
    /// A node's lives; answers the last one, which goes on, and when the node was not well.
    async fn lives(
        &self,
        number: usize,
        plan: &NodePlan,
        api: &Running,
    ) -> anyhow::Result<(SimNode, Vec<Outage>)> {
        let mut outages = Vec::new();
        for (count, life) in plan.lives.iter().enumerate() {
            let mut node = self.start_one(number, count, plan.skew).await?;
            api.open(node.door());
            self.live_one(number, life, &node, &mut outages).await;
            anyhow::ensure!(!node.has_ended(), "node {number} ended by itself");
            api.close(number);
            let from = self.world.age();
            let how = if life.killed { "killed" } else { "asked to stop" };
            self.trace.note(from, format_args!("node {number} is {how}"));
            if life.killed {
                node.kill().await;
            } else {
                node.stop().await?;
            }
            outages.push(Outage { node: number, from, to: self.world.age() });
            self.world.sleep(life.pause).await;
        }
        let node = self.start_one(number, plan.lives.len(), plan.skew).await?;
        api.open(node.door());
        Ok((node, outages))
    }

    async fn start_one(&self, number: usize, count: usize, skew: i64) -> anyhow::Result<SimNode> {
        self.trace.note(self.world.age(), format_args!("node {number} begins, clock off by {skew} µs"));
        let life = (number as u64 + 1) * LIVES_PER_NODE + count as u64;
        let dice = Dice::new(self.seed, stream::LIVES + life);
        SimNode::start(
            self.world,
            &self.data,
            Place { node: number, shared: true, skew },
            dice,
            &self.network,
        )
        .await
    }

    async fn live_one(&self, number: usize, life: &Life, node: &SimNode, outages: &mut Vec<Outage>) {
        let frozen = life.frozen.filter(|(after, _)| *after < life.length);
        let Some((after, span)) = frozen else { return self.world.sleep(life.length).await };
        self.world.sleep(after).await;
        let from = self.world.age();
        self.trace.note(from, format_args!("node {number} is frozen for {span:?}"));
        node.frost.freeze();
        self.world.sleep(span).await;
        node.frost.thaw();
        self.trace.note(self.world.age(), format_args!("node {number} goes on"));
        outages.push(Outage { node: number, from, to: self.world.age() });
        self.world.sleep(life.length - after).await;
    }

    fn clients(
        &self,
        plan: &Plan,
        made: &[Made],
        key: &str,
        api: &Running,
        acknowledged: &Arc<Mutex<Vec<crate::client::Acknowledged>>>,
    ) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for (number, application) in plan.applications.iter().enumerate() {
            let client = self.client(number, application, made, key, api, acknowledged);
            clients.spawn(client.run());
        }
        clients
    }
}
