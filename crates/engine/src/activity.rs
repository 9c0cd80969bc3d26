//! Activity: counts what happens in each environment by the minute, and writes it to the store every few
//! seconds, so that charts of the last day survive a restart. A process that is killed loses the last seconds.

use std::{collections::BTreeMap, sync::Arc};

use fanfare_core::{
    activity::{Activity, Minute, Waiting},
    id::EnvironmentId,
    limits::ACTIVITY_ROWS,
    ports::store::{ActivityRow, EnvironmentBacklog, StoreResult},
    time::Timestamp,
};
use parking_lot::Mutex;

use crate::engine::Parts;

/// What this process has seen and may still see more of, or has not written yet.
#[derive(Default)]
pub(crate) struct Activities {
    minutes: Mutex<BTreeMap<(Minute, EnvironmentId), Seen>>,
}

#[derive(Default)]
struct Seen {
    activity: Activity,
    is_written: bool,
}

impl Activities {
    /// Notes that something happens in an environment now.
    pub(crate) fn note(&self, environment: EnvironmentId, now: Timestamp, what: impl FnOnce(&mut Activity)) {
        let mut minutes = self.minutes.lock();
        let seen = minutes.entry((Minute::of(now), environment)).or_default();
        what(&mut seen.activity);
        seen.is_written = false;
        if minutes.len() > ACTIVITY_ROWS {
            // The store has taken none of it for long, or there are very many environments.
            minutes.pop_first();
        }
    }

    fn saw(&self, backlogs: &[EnvironmentBacklog], now: Timestamp) {
        for backlog in backlogs {
            let oldest_seconds = backlog.first_due.map_or(0, |due| now.since(due).as_secs());
            let waiting = Waiting { endpoints: backlog.lanes, oldest_seconds };
            self.note(backlog.environment, now, |activity| activity.saw(waiting));
        }
    }

    /// What is to be written; it counts as written from now on.
    fn take(&self, parts: &Parts) -> Vec<ActivityRow> {
        let mut minutes = self.minutes.lock();
        let changed = minutes.iter_mut().filter(|(_, seen)| !seen.is_written);
        let row = |(&(minute, environment), seen): (&(Minute, EnvironmentId), &mut Seen)| {
            seen.is_written = true;
            ActivityRow { environment, minute, incarnation: parts.life, activity: seen.activity.clone() }
        };
        changed.map(row).collect()
    }

    fn not_written(&self, rows: &[ActivityRow]) {
        let mut minutes = self.minutes.lock();
        for row in rows {
            if let Some(seen) = minutes.get_mut(&(row.minute, row.environment)) {
                seen.is_written = false;
            }
        }
    }

    /// Drops the minutes that are over and written.
    fn forget(&self, now: Timestamp) {
        let current = Minute::of(now);
        self.minutes.lock().retain(|(minute, _), seen| *minute >= current || !seen.is_written);
    }
}

/// Looks at what waits in the store.
pub(crate) async fn look(parts: &Arc<Parts>) -> StoreResult<()> {
    let backlogs = parts.context.store().backlogs().await?;
    parts.activities.saw(&backlogs, parts.context.now());
    Ok(())
}

/// Writes what changed.
pub(crate) async fn write(parts: &Arc<Parts>) -> StoreResult<()> {
    let rows = parts.activities.take(parts);
    if !rows.is_empty()
        && let Err(error) = parts.context.store().keep_activity(rows.clone()).await
    {
        parts.activities.not_written(&rows);
        return Err(error);
    }
    parts.activities.forget(parts.context.now());
    Ok(())
}
