//! One life of one node: the shipped engine over the shipped SQLite code, in this thread.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use fanfare_api::{ApiConfig, router};
use fanfare_core::{
    ports::{Clock, Store, Transport},
    secret::MasterKey,
};
use fanfare_engine::{
    Engine, EngineConfig,
    context::{Context, Ports, Profiles},
    dispatch::Bounds,
};
use fanfare_store::sqlite::SqliteStore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{NodeClock, World},
    entropy::Dice,
    plan,
};

/// A running node.
pub(crate) struct SimNode {
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
        skew: i64,
        dice: Dice,
        network: Arc<dyn Transport>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(NodeClock::new(world, skew));
        let dice = Arc::new(dice);
        let disk = Arc::clone(&dice);
        let store = SqliteStore::open_inline(data, Arc::clone(&clock))?
            .on_slow_disk(move || disk.duration(Duration::from_millis(8)));
        let store: Arc<dyn Store> = Arc::new(store);
        let ports = Ports { store: Arc::clone(&store), transport: network, clock, entropy: dice };
        let master_key: MasterKey = MASTER_KEY.parse().context("the master key")?;
        let context = Context::new(ports, master_key, Profiles::new([plan::profile()?]));
        let config = EngineConfig {
            node: "sim".to_owned(),
            roles: fanfare_core::node::Roles::ALL,
            lease: fanfare_core::limits::LEASE,
            retention_days: 90,
            grace: Duration::from_secs(3),
            bounds: BOUNDS,
        };
        let (engine, node) = Engine::start(context, config, &mut Default::default()).await?;
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(node.run(stop.clone()));
        let api = router(engine.clone(), ApiConfig { public_url: "http://sim.test".to_owned() });
        Ok(Self { engine, api, store, running, stop })
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
