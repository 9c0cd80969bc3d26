//! Replay jobs: deliveries are chosen, counted, and sent again at the job's rate; a recovery is such a job.
//!
//! All open jobs go on side by side, each step of each one transaction of the store: a crash repeats nothing
//! that was written, and a slow job holds up no other.

mod look;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use fanfare_core::{
    id::{ApplicationId, EndpointId, JobId},
    limits::{PAGE_MOST, REPLAY_BACKLOG, REPLAYS_AT_ONCE},
    ports::{
        Monotonic,
        store::{Audit, ChangeError, ReplayStep, Resent, StoreError, StoreResult},
    },
    replay::{Replay, ReplayStatus, Selection},
    time::Timestamp,
};

use self::look::{Looked, look};
use crate::{
    engine::{Engine, Parts},
    metrics::ReplayLabels,
    updates,
};

/// How often to look without being told: another process may have left a job.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How much of its time a job may catch up with after it was held up.
const CATCH_UP: Duration = Duration::from_secs(1);
/// The same on the node that leads of several, and how soon another that leads from now on begins.
const LEADER_LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How long a job waits for an endpoint that has much before it.
const ROOM_AFTER: Duration = Duration::from_millis(500);
/// Steps a second that a rate is spread over.
const STEPS_PER_SECOND: u32 = 10;

/// What a selection comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Deliveries in it.
    pub counted: u64,
    /// Of these, what would be skipped: payload erased, expired or superseded.
    pub skipped: u64,
}

impl Engine {
    /// Counts a selection; changes nothing.
    pub async fn count_replay(
        &self,
        application: ApplicationId,
        selection: &Selection,
    ) -> StoreResult<Counted> {
        let (mut sum, mut after) = (Counted::default(), None);
        loop {
            let looked = look(&self.parts, application, selection, after, PAGE_MOST).await?;
            sum.counted += looked.counted();
            sum.skipped += looked.skipped;
            after = looked.after;
            if after.is_none() {
                return Ok(sum);
            }
        }
    }

    /// Starts a job: it counts its selection, then sends it again, in the background.
    pub async fn replay(&self, job: Replay, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        let created = self.parts.context.store().create_replay(job, audit).await?;
        self.parts.replays.notify_one();
        Ok(created)
    }

    /// Calls a job off; answers whether it was open.
    pub async fn cancel_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        let cancelled = self.parts.context.store().cancel_replay(application, id, audit).await?;
        if cancelled == Ok(true) {
            self.parts.metrics.replay_ended(ReplayStatus::Cancelled);
        }
        Ok(cancelled)
    }
}

/// When each open job may take its next step.
type Due = BTreeMap<JobId, Monotonic>;

/// Works through replay jobs, for ever; of several nodes the one that leads does, so that a rate holds.
pub(crate) async fn run(parts: Arc<Parts>) {
    let mut due = Due::new();
    loop {
        let wait = match round(&parts, &mut due).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "cannot read the replays now");
                LOOK_EVERY
            }
        };
        tokio::select! {
            biased;
            () = parts.replays.notified() => {}
            () = parts.context.ports.clock.sleep(wait) => {}
        }
    }
}

/// One step of each job that is due; answers how long until the next one is.
async fn round(parts: &Arc<Parts>, due: &mut Due) -> StoreResult<Duration> {
    let clock = &parts.context.ports.clock;
    if !parts.lease.leads() {
        due.clear();
        return Ok(LEADER_LOOKS_EVERY);
    }
    let jobs = parts.context.store().open_replays(REPLAYS_AT_ONCE).await?;
    parts.metrics.replays_open.set(i64::try_from(jobs.len()).unwrap_or(i64::MAX));
    due.retain(|id, _| jobs.iter().any(|job| job.id == *id));
    for job in jobs {
        let now = clock.monotonic();
        let at = *due.entry(job.id).or_insert(now);
        if at <= now {
            let wait = step_or_end(parts, &job).await;
            let from = if now.since(at) < CATCH_UP { at } else { now };
            due.insert(job.id, from + wait);
        }
    }
    let now = clock.monotonic();
    let next = due.values().min().map(|next| next.since(now));
    // Another node does not say that it was asked for one.
    let look_every = if parts.lease.is_shared() { LEADER_LOOKS_EVERY } else { LOOK_EVERY };
    Ok(next.unwrap_or(look_every).min(look_every))
}

/// One step; a job that will never go on is ended. Answers how long the job rests then.
async fn step_or_end(parts: &Arc<Parts>, job: &Replay) -> Duration {
    let error = match step(parts, job).await {
        Ok(wait) => return wait,
        Err(error) => error,
    };
    let id = job.id;
    if let StoreError::Broken(reason) = &error {
        tracing::error!(job = %id, error = reason, "a replay cannot go on and is ended: ask for it again");
        let ended =
            parts.context.store().fail_replay(job.application, id, reason.clone(), parts.context.now());
        match ended.await {
            Ok(()) => parts.metrics.replay_ended(ReplayStatus::Failed),
            Err(error) => tracing::warn!(job = %id, %error, "a replay that cannot go on cannot be ended"),
        }
    } else {
        tracing::warn!(job = %id, %error, "a replay waits for the store");
    }
    LOOK_EVERY
}

/// Counts or sends the next piece; answers how long the job rests then, for its rate.
async fn step(parts: &Arc<Parts>, job: &Replay) -> StoreResult<Duration> {
    let at = parts.context.now();
    let runs = job.status == ReplayStatus::Running;
    // What a recovery looks at may be dear: not before it can be sent.
    let missed = job.selection.endpoints.iter().flatten().copied().filter(|_| job.selection.missed).collect();
    if runs && !has_room(parts, job.application, missed, at).await? {
        return Ok(ROOM_AFTER);
    }
    let limit = job.rate.filter(|_| job.status == ReplayStatus::Running).map_or(PAGE_MOST, per_step);
    let looked = look(parts, job.application, &job.selection, job.after, limit).await?;
    let chosen = looked.sends.iter().map(|send| send.resend.key.endpoint).collect();
    if runs && !job.selection.missed && !has_room(parts, job.application, chosen, at).await? {
        return Ok(ROOM_AFTER);
    }
    let counts = job.status == ReplayStatus::Counting;
    let Looked { sends, skipped, after } = looked;
    let step = ReplayStep {
        job: job.id,
        application: job.application,
        status: job.status,
        from: job.after,
        after,
        counted: if counts { sends.len() as u64 + skipped } else { 0 },
        skipped: if counts { 0 } else { skipped },
        resends: if counts { Vec::new() } else { sends.iter().map(|send| send.resend.clone()).collect() },
        at,
    };
    // Moved on, or called off, by somebody else: the next round sees how it stands.
    let Some(answers) = parts.context.store().step_replay(step).await? else { return Ok(Duration::ZERO) };
    if counts {
        return Ok(Duration::ZERO);
    }
    let mut sent = 0;
    for (send, answer) in sends.iter().zip(&answers) {
        if *answer == Ok(Resent::Queued) {
            sent += 1;
            updates::resent(parts, job.environment, &send.resend, &send.event_type);
        }
    }
    let failed = answers.iter().filter(|answer| answer.is_err()).count() as u64;
    count(
        parts,
        [("sent", sent), ("skipped", skipped + answers.len() as u64 - sent - failed), ("failed", failed)],
    );
    if after.is_none() {
        parts.metrics.replay_ended(ReplayStatus::Done);
    }
    parts.claims.look_at(at);
    Ok(job
        .rate
        .map_or(Duration::ZERO, |rate| Duration::from_secs(1).mul_f64(sent as f64 / f64::from(rate.max(1)))))
}

/// Whether these endpoints have little before a piece. One that is held takes in what is sent again like
/// everything else: no new event is delivered there either.
async fn has_room(
    parts: &Parts,
    application: ApplicationId,
    endpoints: BTreeSet<EndpointId>,
    now: Timestamp,
) -> StoreResult<bool> {
    let view = parts.configurations.by_id(application).await?;
    for endpoint in endpoints {
        let view = view.as_ref().and_then(|view| view.endpoint(endpoint));
        if view.is_none_or(|view| view.endpoint.paused || view.endpoint.disabled.is_some()) {
            continue;
        }
        let due = parts.context.store().due_at(application, endpoint, now, REPLAY_BACKLOG).await?;
        if due >= REPLAY_BACKLOG {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deliveries in one step of a job with this rate.
fn per_step(rate: u32) -> usize {
    usize::try_from(rate.div_ceil(STEPS_PER_SECOND)).unwrap_or(PAGE_MOST).clamp(1, PAGE_MOST)
}

fn count(parts: &Parts, results: [(&'static str, u64); 3]) {
    for (result, number) in results.into_iter().filter(|(_, number)| *number > 0) {
        parts.metrics.replayed.get_or_create(&ReplayLabels { result }).inc_by(number);
    }
}
