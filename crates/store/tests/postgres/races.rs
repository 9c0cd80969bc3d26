//! Two nodes at work at once, on real connections: what must hold whoever comes first. Each race is run
//! directly and through PgBouncer.

#[path = "races/claims.rs"]
mod claims;
#[path = "races/dedupe.rs"]
mod dedupe;
#[path = "races/lost_connections.rs"]
mod lost_connections;
#[path = "races/ordered.rs"]
mod ordered;
#[path = "races/superseding.rs"]
mod superseding;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    id::EndpointId,
    ports::{
        Store,
        store::{LaneClaim, NewDelivery},
    },
    time::Timestamp,
};
use fanfare_servers::{PgBouncer, Postgres};
use fanfare_store::{
    conformance::{Subject, World, run},
    postgres::PostgresStore,
};

use crate::{NOW, open};

/// Two nodes on one database.
struct Nodes {
    first: Arc<PostgresStore>,
    second: Arc<PostgresStore>,
}

#[async_trait]
impl Subject for Nodes {
    fn store(&self) -> Arc<dyn Store> {
        self.first.clone()
    }

    async fn pass(&self, _: Duration) {
        panic!("no lease runs out in a race");
    }

    async fn audit_rows(&self) -> Vec<(String, String, String)> {
        Vec::new()
    }

    async fn damage(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Runs a race between two nodes; at its end the books are audited.
async fn race(url: &str, case: impl AsyncFnOnce(&World, [Arc<dyn Store>; 2])) {
    let nodes = Nodes { first: Arc::new(open(url).await), second: Arc::new(open(url).await) };
    let stores: [Arc<dyn Store>; 2] = [nodes.first.clone(), nodes.second.clone()];
    run(nodes, async |world| case(world, stores).await).await;
}

/// Runs a piece of work as a task of its own, so that tasks are at work at once.
async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut set = tokio::task::JoinSet::new();
    for task in tasks {
        set.spawn(task);
    }
    set.join_all().await
}

fn unowned(endpoint: EndpointId) -> NewDelivery {
    NewDelivery {
        endpoint,
        state: fanfare_core::delivery::DeliveryState::Pending,
        due: NOW,
        owner: None,
        ordering: None,
        profile: None,
    }
}

fn lane(of: &fanfare_core::endpoint::Endpoint, limit: usize) -> LaneClaim {
    LaneClaim { application: of.application, endpoint: of.id, limit, home: false }
}

/// Later than all that these races make due.
const LATER: Timestamp = Timestamp(NOW.0 + 1_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_race() {
    let server = Postgres::start();
    let bouncer = PgBouncer::start_with(&server, 6);
    for through_bouncer in [false, true] {
        let url = || {
            let direct = server.create_database();
            let name = direct.rsplit('/').next().unwrap().to_owned();
            if through_bouncer { format!("{}?pgbouncer=true", bouncer.url(&name)) } else { direct }
        };
        race(&url(), claims::each_delivery_is_claimed_once).await;
        race(&url(), claims::no_wake_is_lost).await;
        race(&url(), ordered::one_of_a_key_at_a_time).await;
        race(&url(), dedupe::one_of_many_is_stored).await;
        race(&url(), superseding::nothing_superseded_waits).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_lost() {
    let mut server = Postgres::start();
    lost_connections::while_committing(&server).await;
    lost_connections::by_a_restart(&mut server).await;
}
