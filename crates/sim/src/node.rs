//! One life of one node: the shipped engine over the shipped SQLite code, in this thread.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use fanfare_api::{ApiConfig, router};
use fanfare_core::{limits::LEASE, ports::Store, secret::MasterKey};
use fanfare_engine::{
    Engine, EngineConfig,
    context::{Context, Ports, Profiles},
    dispatch::Bounds,
};
use fanfare_store::sqlite::SqliteStore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    client::Door,
    clock::{Frost, NodeClock, World},
    cluster,
    entropy::Dice,
    network::{Line, Network},
    plan,
};

/// Which node it is, and what is particular about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) node: usize,
    /// Whether other nodes use the store too.
    pub(crate) shared: bool,
    /// How far its wall clock is off, in microseconds.
    pub(crate) skew: i64,
}

/// A running node.
pub(crate) struct SimNode {
    pub(crate) frost: Arc<Frost>,
    node: usize,
    clock: NodeClock,
    pub(crate) engine: Engine,
    pub(crate) api: Router,
    pub(crate) store: Arc<dyn Store>,
    running: JoinSet<()>,
    stop: CancellationToken,
}

/// The same for every life: 32 bytes in base64.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Bounds small enough that the store really is the overflow.
const BOUNDS: Bounds = Bounds { in_flight: 32, queued: 64, bytes: 1 << 20, lane_queued: 32 };

impl SimNode {
    pub(crate) async fn start(
        world: World,
        data: &Path,
        Place { node, shared, skew }: Place,
        dice: Dice,
        network: &Arc<Network>,
    ) -> anyhow::Result<Self> {
        let frost = Arc::new(Frost::default());
        let clock = NodeClock::new(world, skew, Arc::clone(&frost));
        // A shared store has a clock of its own; its work for this node stands still with the node.
        let store = if shared {
            SqliteStore::open_inline_shared(data, Arc::new(NodeClock::new(world, 0, Arc::clone(&frost))))?
        } else {
            SqliteStore::open_inline(data, Arc::new(clock.clone()))?
        };
        let dice = Arc::new(dice);
        let disk = Arc::clone(&dice);
        let store = store.on_slow_disk(move || disk.duration(Duration::from_millis(8)));
        let store: Arc<dyn Store> = Arc::new(store);
        let line =
            Line { network: Arc::clone(network), node, clock: clock.clone(), frost: Arc::clone(&frost) };
        let ports = Ports {
            store: Arc::clone(&store),
            transport: Arc::new(line),
            clock: Arc::new(clock.clone()),
            entropy: dice,
        };
        let master_key: MasterKey = MASTER_KEY.parse().context("the master key")?;
        let context = Context::new(ports, master_key, Profiles::new([plan::profile()?]));
        let config = EngineConfig {
            node: format!("sim-{node}"),
            roles: fanfare_core::node::Roles::ALL,
            lease: if shared { cluster::LEASE } else { LEASE },
            retention_days: 90,
            grace: Duration::from_secs(3),
            bounds: BOUNDS,
        };
        let (engine, tasks) = Engine::start(context, config, &mut Default::default()).await?;
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(tasks.run(stop.clone()));
        let api = router(engine.clone(), ApiConfig { public_url: "http://sim.test".to_owned() });
        Ok(Self { frost, node, clock, engine, api, store, running, stop })
    }

    /// Where clients come in.
    pub(crate) fn door(&self) -> Door {
        Door { node: self.node, router: self.api.clone(), clock: self.clock.clone() }
    }

    /// Ends every task at whatever await it stands.
    pub(crate) async fn kill(mut self) {
        self.running.shutdown().await;
        drop(self);
        // The tasks that the node owned are dropped by the scheduler, each in its turn.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    /// Stops in good order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.context("the node panicked")?;
        }
        Ok(())
    }

    /// Whether the node has ended by itself, which it must not.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.running.try_join_next().is_some()
    }
}
