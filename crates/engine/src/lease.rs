//! Leases: this incarnation stays alive by its heartbeat; the work of dead ones is taken over.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    limits::{LEASE, SLICE_ROWS},
    ports::store::StoreResult,
};

use crate::engine::Parts;

const HEARTBEAT: Duration = Duration::from_secs(LEASE.as_secs() / 6);

/// Renews the lease and rescues, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let clock = Arc::clone(&parts.context.ports.clock);
    let mut renewed = clock.monotonic();
    loop {
        let asked = clock.monotonic();
        match heartbeat(&parts).await {
            Ok(()) => renewed = asked,
            Err(error) => tracing::warn!(%error, "could not renew the lease"),
        }
        // Past half a lease others may soon take over: nothing new is started.
        parts.dispatcher.set_lease_in_doubt(clock.monotonic().since(renewed) > LEASE / 2);
        if let Err(error) = rescue(&parts).await {
            tracing::warn!(%error, "could not rescue deliveries of dead incarnations");
        }
        clock.sleep(HEARTBEAT).await;
    }
}

async fn heartbeat(parts: &Arc<Parts>) -> StoreResult<()> {
    let store = parts.context.store();
    if store.heartbeat(parts.owner(), LEASE).await?.is_alive() {
        return Ok(());
    }
    // Others own our work now. What is in flight will be recorded as late; what waited is theirs.
    tracing::error!(incarnation = ?parts.owner(), "this incarnation was declared dead; starting a new one");
    let lost = parts.dispatcher.with(|lanes, _| lanes.drain());
    let owner = store.start_incarnation(parts.node.clone(), parts.roles, LEASE, parts.context.now()).await?;
    parts.set_owner(owner);
    tracing::warn!(deliveries = lost.len(), ?owner, "left what waited in memory to the rescuers");
    Ok(())
}

/// Takes over what dead incarnations owned.
pub(crate) async fn rescue(parts: &Arc<Parts>) -> StoreResult<()> {
    loop {
        let now = parts.context.now();
        let freed = parts.context.store().rescue(now, SLICE_ROWS).await?;
        if freed > 0 {
            tracing::info!(deliveries = freed, "rescued from a dead incarnation");
            parts.claims.look_at(now);
        }
        if freed < SLICE_ROWS {
            return Ok(());
        }
    }
}
