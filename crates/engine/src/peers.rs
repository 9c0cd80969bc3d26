//! The other nodes of a shared store: what they change is found by polling, and sooner where the store passes
//! hints on. Where a store is not shared, other processes (the command line) may change the configuration.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    id::EndpointId,
    limits::{RESTING_LANES, SLICE_ROWS},
    ports::store::{Hint, StoreResult},
    time::Timestamp,
};
use tokio::sync::Notify;

use crate::engine::Parts;

/// How often to look: what another node changed holds here after this time at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Hints of one kind are no closer together than this.
const HINT_EVERY: Duration = Duration::from_millis(200);

/// Hints that are to be sent.
#[derive(Default)]
pub(crate) struct Hints {
    configuration: AtomicBool,
    lanes: AtomicBool,
    changed: Notify,
}

impl Hints {
    /// Tells the other nodes, soon; many at once are one.
    pub(crate) fn tell(&self, hint: Hint) {
        let flag = match hint {
            Hint::Configuration => &self.configuration,
            Hint::Lanes => &self.lanes,
        };
        if !flag.swap(true, Ordering::AcqRel) {
            self.changed.notify_one();
        }
    }

    fn take(&self) -> impl Iterator<Item = Hint> {
        let configuration = self.configuration.swap(false, Ordering::AcqRel).then_some(Hint::Configuration);
        let lanes = self.lanes.swap(false, Ordering::AcqRel).then_some(Hint::Lanes);
        configuration.into_iter().chain(lanes)
    }
}

/// Sends hints, for ever.
pub(crate) async fn tell(parts: Arc<Parts>) {
    loop {
        parts.hints.changed.notified().await;
        for hint in parts.hints.take() {
            if let Err(error) = parts.context.store().tell(hint).await {
                tracing::debug!(%error, ?hint, "a hint to other nodes was not sent; they find out by themselves");
            }
        }
        parts.context.ports.clock.sleep(HINT_EVERY).await;
    }
}

/// Looks at what others changed, for ever.
pub(crate) async fn look(parts: Arc<Parts>) {
    let clock = &parts.context.ports.clock;
    loop {
        if let Err(error) = poll(&parts).await {
            tracing::warn!(%error, "what other nodes changed cannot be read now");
        }
        let next = clock.monotonic() + LOOK_EVERY;
        loop {
            tokio::select! {
                biased;
                () = clock.sleep(next.since(clock.monotonic())) => break,
                hint = parts.context.store().hinted() => heed(&parts, hint).await,
            }
        }
    }
}

async fn heed(parts: &Arc<Parts>, hint: Hint) {
    match hint {
        Hint::Lanes => parts.claims.look_at(Timestamp::EPOCH),
        Hint::Configuration => {
            if let Err(error) = parts.configurations.refresh().await {
                tracing::warn!(%error, "the configuration that another node changed cannot be read now");
            }
        }
    }
}

async fn poll(parts: &Arc<Parts>) -> StoreResult<()> {
    parts.configurations.refresh().await?;
    if parts.lease.is_shared() && parts.roles.deliver {
        rests(parts).await?;
    }
    Ok(())
}

/// Lanes that rest because of what some node, this one too, found out about their endpoints.
async fn rests(parts: &Arc<Parts>) -> StoreResult<()> {
    let (now, mut resting, mut after) = (parts.context.now(), BTreeMap::new(), None);
    while resting.len() < RESTING_LANES {
        let page = parts.context.store().resting(now, after, SLICE_ROWS).await?;
        let is_last = page.len() < SLICE_ROWS;
        after = page.last().copied();
        resting.extend(page.into_iter().map(|lane| (lane.endpoint, lane.until.since(now))));
        if is_last {
            break;
        }
    }
    rest(parts, resting);
    Ok(())
}

fn rest(parts: &Arc<Parts>, resting: BTreeMap<EndpointId, Duration>) {
    let given_back = parts.dispatcher.with(|lanes, now| lanes.set_resting(resting, now));
    for job in given_back {
        parts.records.give_back(job.owner, [job.key]);
    }
}
