//! Claiming: retries, delayed messages and what found no place in memory come back from the store, by lane.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    delivery::Incarnation,
    endpoint::Endpoint,
    id::{ApplicationId, EndpointId, ID_BYTES},
    limits::{CLAIM_BYTES, CLAIM_LANES},
    ports::store::{Claimed, DueLane, Hint, LaneClaim, StoreError, StoreResult},
    time::Timestamp,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    dispatch::{self, Job, LaneSettings},
    engine::Parts,
};

/// What tells the claimer where to look next.
pub(crate) struct Hints {
    wanted: Mutex<BTreeMap<EndpointId, ApplicationId>>,
    look_at: AtomicI64,
    changed: Notify,
}

impl Hints {
    pub(crate) fn new() -> Self {
        Self { wanted: Mutex::default(), look_at: AtomicI64::new(0), changed: Notify::new() }
    }

    /// Something is due then: look through the lanes.
    pub(crate) fn look_at(&self, at: Timestamp) {
        if self.look_at.fetch_min(at.0, Ordering::AcqRel) > at.0 {
            self.changed.notify_one();
        }
    }

    /// This lane has room for what waits for it.
    pub(crate) fn want(&self, application: ApplicationId, endpoint: EndpointId) {
        self.wanted.lock().insert(endpoint, application);
        self.changed.notify_one();
    }

    /// A delivery of this lane was left in the store.
    pub(crate) fn left_behind(&self, parts: &Parts, endpoint: &Endpoint, settings: LaneSettings) {
        if parts.dispatcher.left_behind(endpoint, settings).is_some() {
            self.want(endpoint.application, endpoint.id);
        }
    }
}

/// The longest nap: other processes may add work to the same store.
const NAP_MOST: Duration = Duration::from_secs(1);
/// A pause after the store failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Claims what is due, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let clock = &parts.context.ports.clock;
    loop {
        if let Err(error) = round(&parts).await {
            tracing::warn!(%error, "could not claim deliveries");
            parts.claims.look_at(Timestamp::EPOCH);
            // No hint cuts this short: a store that fails is not asked at once again.
            clock.sleep(PAUSE).await;
        }
        let look_at = Timestamp(parts.claims.look_at.load(Ordering::Acquire));
        let nap = look_at.since(clock.now()).clamp(Duration::from_millis(1), NAP_MOST);
        tokio::select! {
            biased;
            () = parts.claims.changed.notified() => {}
            () = clock.sleep(nap) => {}
        }
    }
}

async fn round(parts: &Arc<Parts>) -> StoreResult<()> {
    if parts.is_stopping() || !parts.lease.is_sure() {
        return Ok(());
    }
    let wanted = std::mem::take(&mut *parts.claims.wanted.lock());
    if !parts.roles.deliver {
        leave_to_others(parts, !wanted.is_empty());
        return Ok(());
    }
    claim(parts, wanted.into_iter().map(|(endpoint, application)| (application, endpoint))).await?;
    if Timestamp(parts.claims.look_at.load(Ordering::Acquire)) <= parts.context.now() {
        scan(parts).await?;
    }
    Ok(())
}

/// This node sends nothing: those that do are told that something is due.
fn leave_to_others(parts: &Parts, wanted: bool) {
    let look_at = &parts.claims.look_at;
    if wanted || Timestamp(look_at.load(Ordering::Acquire)) <= parts.context.now() {
        look_at.store(i64::MAX, Ordering::Release);
        parts.hints.tell(Hint::Lanes);
    }
}

/// Looks through all lanes that are due.
async fn scan(parts: &Arc<Parts>) -> StoreResult<()> {
    let now = parts.context.now();
    parts.claims.look_at.store((now + NAP_MOST).0, Ordering::Release);
    let mut after = None;
    loop {
        let due = parts.context.store().due_lanes(parts.owner(), now, after, CLAIM_LANES).await?;
        claim(parts, due.lanes.iter().map(|lane| (lane.application, lane.endpoint))).await?;
        after = due.lanes.last().copied();
        if due.lanes.len() < CLAIM_LANES {
            break;
        }
    }
    // Asked only now: what was claimed has moved its lanes' wake times.
    let all_due = DueLane {
        application: ApplicationId([0xff; ID_BYTES]),
        endpoint: EndpointId([0xff; ID_BYTES]),
        wake_at: now,
    };
    if let Some(next) = parts.context.store().due_lanes(parts.owner(), now, Some(all_due), 1).await?.next {
        parts.claims.look_at.fetch_min(next.0, Ordering::AcqRel);
    }
    Ok(())
}

async fn claim(
    parts: &Arc<Parts>,
    lanes: impl Iterator<Item = (ApplicationId, EndpointId)>,
) -> StoreResult<()> {
    let mut claims = parts.dispatcher.with(|all, now| all.claims(lanes, now));
    if claims.is_empty() {
        return Ok(());
    }
    if parts.lease.is_shared() {
        claims = with_homes(parts, claims).await?;
    }
    let (owner, now) = (parts.owner(), parts.context.now());
    let claimed = parts.context.store().claim(owner, now, claims.clone()).await;
    if let Err(StoreError::Unavailable { ambiguous: true, .. }) = claimed {
        undo(parts, owner, now, &claims).await;
    }
    let claimed = claimed?;
    let mut found: BTreeMap<EndpointId, usize> = BTreeMap::new();
    let mut bytes = 0;
    for claimed in &claimed {
        *found.entry(claimed.delivery.key.endpoint).or_default() += 1;
        bytes += claimed.message.payload.len();
    }
    for claimed in claimed {
        let settings = settings(parts, &claimed).await;
        parts.dispatcher.offer(Job::claimed(claimed, owner), settings);
    }
    if bytes >= CLAIM_BYTES {
        // Cut short, so that the lanes are still behind: go on as soon as there is room.
        parts.claims.look_at(Timestamp::EPOCH);
        return Ok(());
    }
    if claims.iter().any(|claim| claim.home && !found.contains_key(&claim.endpoint)) {
        // Its home may be elsewhere: that node would find out by itself, only later.
        parts.hints.tell(Hint::Lanes);
    }
    parts.dispatcher.with(|lanes, _| {
        for claim in claims {
            lanes.caught_up(claim, found.get(&claim.endpoint).copied().unwrap_or(0));
        }
    });
    Ok(())
}

/// Frees what a claim in doubt may have taken: it is in no memory, and its owner lives. Nothing is claimed
/// before that is done.
async fn undo(parts: &Parts, owner: Incarnation, claimed_at: Timestamp, claims: &[LaneClaim]) {
    let (store, clock) = (parts.context.store(), &parts.context.ports.clock);
    while let Err(error) = store.unclaim(owner, claimed_at, claims.to_vec(), parts.context.now()).await {
        let StoreError::Unavailable { .. } = error else {
            tracing::error!(%error, ?owner, "a claim in doubt cannot be undone; what it took waits for a restart");
            return;
        };
        tracing::warn!(%error, "a claim in doubt is not undone yet; it is tried again");
        clock.sleep(PAUSE).await;
    }
}

/// Says which lanes need a home. Those of an application whose configuration makes no sense are left out: they
/// hold up no others.
async fn with_homes(parts: &Parts, claims: Vec<LaneClaim>) -> StoreResult<Vec<LaneClaim>> {
    let mut known = Vec::with_capacity(claims.len());
    for claim in claims {
        match needs_home(parts, &claim).await {
            Ok(home) => known.push(LaneClaim { home, ..claim }),
            Err(error @ StoreError::Unavailable { .. }) => return Err(error),
            Err(error) => {
                tracing::error!(%error, application = %claim.application, endpoint = %claim.endpoint,
                    "what waits for this endpoint is not claimed: its configuration cannot be read");
            }
        }
    }
    Ok(known)
}

async fn needs_home(parts: &Parts, claim: &LaneClaim) -> StoreResult<bool> {
    let view = parts.configurations.by_id(claim.application).await?;
    let view = view.as_ref().and_then(|view| view.endpoint(claim.endpoint));
    Ok(view.is_some_and(|view| dispatch::needs_home(&view.endpoint)))
}

/// The lane's settings; where the configuration cannot be read now, the most careful ones.
async fn settings(parts: &Parts, claimed: &Claimed) -> LaneSettings {
    let key = claimed.delivery.key;
    match parts.configurations.by_id(key.application).await {
        Ok(Some(view)) => match view.endpoint(key.endpoint) {
            Some(endpoint) => LaneSettings::of(&endpoint.endpoint, view.application.rate_limit),
            None => LaneSettings { ceiling: 1, rate: None, application_rate: None },
        },
        _ => LaneSettings { ceiling: 1, rate: None, application_rate: None },
    }
}
