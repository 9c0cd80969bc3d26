//! Connections that break: what is said to be stored is, what is said not to be is not.

use std::{pin::pin, sync::Arc};

use fanfare_core::ports::{
    Store,
    store::{Accepted, StoreError},
};
use fanfare_servers::{FaultProxy, Postgres};
use fanfare_store::conformance::{World, run};

use futures::future::select;
use tokio::sync::Notify;

use super::Nodes;
use crate::{NOW, open};

const MESSAGES: usize = 40;

/// A proxy resets all connections again and again while messages are accepted through it.
pub(super) async fn while_committing(server: &Postgres) {
    let direct = server.create_database();
    let proxy = FaultProxy::start(server.port());
    let through = direct.replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let nodes = Nodes { first: Arc::new(open(&direct).await), second: Arc::new(open(&through).await) };
    let shaken = nodes.second.clone();
    let trying = Notify::new();
    run(nodes, async |world| {
        let harm = async {
            for turn in 0_u32.. {
                trying.notified().await;
                // Sooner or later in what is tried now.
                for _ in 0..turn * 7 % 40 {
                    tokio::task::yield_now().await;
                }
                proxy.reset();
            }
        };
        select(pin!(accept_all(world, &*shaken, &trying)), pin!(harm)).await;
    })
    .await;
}

async fn accept_all(world: &World, shaken: &dyn Store, trying: &Notify) {
    let application = world.application().await;
    for _ in 0..MESSAGES {
        let item = world.accept_of(world.new_message(&application, NOW), Vec::new()).await;
        let id = item.message.id;
        let mut unsure = false;
        loop {
            trying.notify_one();
            let answer = shaken.accept(vec![item.clone()]).await;
            let stored = world.store.message(application.id, id, false).await.unwrap().is_some();
            match answer {
                Ok(answers) => {
                    assert!(stored, "acknowledged and not there");
                    let repeated = answers == [Accepted::Repeated(id)];
                    assert!(answers == [Accepted::Stored] || (unsure && repeated), "{answers:?}");
                    break;
                }
                Err(StoreError::Unavailable { ambiguous: false, .. }) => {
                    assert!(!stored || unsure, "said not to be stored, and is");
                }
                // The commit may still be under way when we look.
                Err(StoreError::Unavailable { ambiguous: true, .. }) => unsure = true,
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// PostgreSQL restarts between two batches: the pool's connections are dead, and nobody hears of it.
pub(super) async fn by_a_restart(server: &mut Postgres) {
    let url = server.create_database();
    let node = Arc::new(open(&url).await);
    let nodes = Nodes { first: node.clone(), second: node };
    run(nodes, async |world| {
        let application = world.application().await;
        let before = world.accept_of(world.new_message(&application, NOW), Vec::new()).await;
        let after = world.accept_of(world.new_message(&application, NOW), Vec::new()).await;
        assert_eq!(world.accept(before).await, Accepted::Stored);
        server.restart();
        assert_eq!(world.accept(after).await, Accepted::Stored);
        server.stop();
        let late = world.new_message(&application, NOW);
        let refused = world.store.message(application.id, late.id, false).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable { ambiguous: false, .. }), "{refused}");
        server.start_again();
        assert_eq!(world.store.message(application.id, late.id, false).await.unwrap(), None);
    })
    .await;
}
