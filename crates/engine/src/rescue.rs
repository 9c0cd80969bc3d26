//! Rescuing: the work of dead incarnations is taken over, slice by slice, beside the heartbeat and never in its way.

use std::sync::Arc;

use fanfare_core::{limits::SLICE_ROWS, ports::store::StoreResult};

use crate::engine::Parts;

/// Takes over what the dead owned after each renewal, for ever. Not between two renewals: what a frozen node holds
/// locked in the store may hold this up.
pub(crate) async fn run(parts: Arc<Parts>) {
    loop {
        parts.lease.renewed().await;
        if let Err(error) = slices(&parts).await {
            tracing::warn!(%error, "could not rescue deliveries of dead incarnations");
        }
    }
}

/// Takes over what the dead own now, slice by slice.
pub(crate) async fn slices(parts: &Arc<Parts>) -> StoreResult<()> {
    while slice(parts).await? {}
    Ok(())
}

/// Frees one slice; answers whether there may be more.
async fn slice(parts: &Arc<Parts>) -> StoreResult<bool> {
    if !parts.may_own() || parts.is_stopping() {
        return Ok(false);
    }
    let now = parts.context.now();
    let freed = parts.context.store().rescue(now, SLICE_ROWS, parts.lease.may_judge()).await?;
    if freed > 0 {
        tracing::info!(deliveries = freed, "rescued from a dead incarnation");
        parts.claims.look_at(now);
    }
    Ok(freed == SLICE_ROWS)
}
