//! Upkeep: what nobody waits for. Every second, what ends deliveries; every minute, retention; both on the node
//! that leads.

use std::{sync::Arc, time::Duration};

use fanfare_core::{delivery::DeliveryState, limits::SLICE_ROWS, ports::store::StoreResult};

use crate::{activity, engine::Parts, metrics::StateLabels};

const TICK: Duration = Duration::from_secs(1);
const TICKS_PER_RETENTION: u32 = 60;
const TICKS_PER_COMPACTION: u32 = 10;
/// How long one step works at a stretch; then the others have their turn.
const TURN: Duration = Duration::from_secs(2);
const TICKS_PER_WRITE: u32 = 5;
const TICKS_PER_LOOK: u32 = 15;

/// Keeps house, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let (mut ticks, mut more) = (0_u32, false);
    loop {
        if let Err(error) = tick(&parts).await {
            tracing::warn!(%error, "upkeep failed and is tried again");
        }
        if let Err(error) = keep_activity(&parts, ticks).await {
            tracing::warn!(%error, "what happened could not be written for the charts; it is tried again");
        }
        // By itself and first: what is measured each second reads what this keeps short.
        if ticks.is_multiple_of(TICKS_PER_COMPACTION) {
            slices(&parts, "compaction", || parts.context.store().compact()).await;
        }
        if more || ticks.is_multiple_of(TICKS_PER_RETENTION) {
            more = retain(&parts).await;
        }
        ticks = ticks.wrapping_add(1);
        parts.context.ports.clock.sleep(TICK).await;
    }
}

async fn tick(parts: &Arc<Parts>) -> StoreResult<()> {
    parts.dispatcher.with(|lanes, now| lanes.forget_idle(now));
    parts.updates.rest(parts.context.ports.clock.monotonic());
    let store = parts.context.store();
    let now = || parts.context.now();
    slices(parts, "expiry", || store.expire(now(), SLICE_ROWS)).await;
    slices(parts, "cancelling", || store.cancel_of_deleted_endpoints(now(), SLICE_ROWS)).await;
    measure(parts).await
}

async fn keep_activity(parts: &Arc<Parts>, ticks: u32) -> StoreResult<()> {
    if ticks.is_multiple_of(TICKS_PER_LOOK) {
        activity::look(parts).await?;
    }
    if ticks.is_multiple_of(TICKS_PER_WRITE) {
        activity::write(parts).await?;
    }
    Ok(())
}

/// Every step has its turn, whatever becomes of the others; answers whether one of them has more to do.
async fn retain(parts: &Arc<Parts>) -> bool {
    let store = parts.context.store();
    let now = parts.context.now();
    let cutoff = now - Duration::from_secs(u64::from(parts.retention_days) * 86_400);
    let applications = slices(parts, "erasing applications", || store.erase_applications(SLICE_ROWS)).await;
    let messages = slices(parts, "retention of messages", || store.retain_messages(cutoff, SLICE_ROWS)).await;
    let payloads =
        slices(parts, "retention of payloads", || store.retain_payloads(now.day(), now, SLICE_ROWS)).await;
    let replays = slices(parts, "retention of replays", || store.retain_replays(cutoff, SLICE_ROWS)).await;
    applications || messages || payloads || replays
}

/// Works slice by slice while this node leads, for a turn at most; answers whether more may be left.
async fn slices<F>(parts: &Parts, what: &str, mut slice: impl FnMut() -> F) -> bool
where
    F: Future<Output = StoreResult<bool>>,
{
    let clock = &parts.context.ports.clock;
    let begun = clock.monotonic();
    while parts.lease.leads() {
        match slice().await {
            Ok(true) if clock.monotonic().since(begun) < TURN => {}
            Ok(more) => return more,
            Err(error) => {
                tracing::warn!(%error, what, "upkeep failed and is tried again");
                return false;
            }
        }
    }
    false
}

async fn measure(parts: &Arc<Parts>) -> StoreResult<()> {
    let metrics = &parts.metrics;
    let [lanes, in_flight, queued, bytes] = parts.dispatcher.with(|lanes, _| lanes.sizes());
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    metrics.lanes.set(whole(lanes));
    metrics.in_flight.set(whole(in_flight));
    metrics.queued.set(whole(queued));
    metrics.queued_bytes.set(whole(bytes));
    let now = parts.context.now();
    let backlog = parts.context.store().backlog(now).await?;
    metrics.backlog_lanes.set(backlog.lanes.cast_signed());
    let age = backlog.oldest_due.map_or(0, |due| now.since(due).as_secs());
    metrics.backlog_age.set(age.cast_signed());
    let books = parts.context.store().conservation().await?;
    for state in DeliveryState::ALL {
        let labels = StateLabels { state: state.as_str() };
        metrics.deliveries.get_or_create(&labels).set(books.states.of(state).cast_signed());
    }
    let accounted = books.erased + books.states.total();
    metrics.unaccounted.set(books.accepted.cast_signed() - accounted.cast_signed());
    Ok(())
}
