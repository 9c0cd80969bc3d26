//! Recording what came of deliveries: the second hot path of the store.
//!
//! An outcome changes the state only where the delivery is still owned by who reports it; a late one adds
//! its attempt row and no more.

use fanfare_core::{
    delivery::{Attempt, DeliveryEvent, DeliveryState, EndReason, Trigger},
    name::ReplaceKey,
    ports::store::{Record, Recorded},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};

use super::state;
use crate::sqlite::{
    applications::disable_endpoint,
    books::Books,
    columns::maybe_name,
    query::run,
    superseding::is_superseded,
    waiting::{Wakes, leave_order, owner_number},
};

/// Records a batch and answers item by item.
pub(super) fn record(tx: &Connection, batch: &[Record]) -> rusqlite::Result<Vec<Recorded>> {
    let mut writer = Writer::new(tx)?;
    let answers = batch.iter().map(|item| writer.item(item)).collect::<rusqlite::Result<_>>()?;
    writer.wakes.close(tx)?;
    writer.books.close(tx)?;
    Ok(answers)
}

struct Writer<'c> {
    tx: &'c Connection,
    books: Books,
    wakes: Wakes,
    find: CachedStatement<'c>,
    update: CachedStatement<'c>,
    attempt: CachedStatement<'c>,
}

/// What recording needs to know of a delivery.
struct Found {
    state: DeliveryState,
    owner: Option<i64>,
    ordering: Option<String>,
    retries_used: u32,
    trigger: u8,
    due: i64,
    blocked: bool,
    replace_key: Option<ReplaceKey>,
}

impl<'c> Writer<'c> {
    fn new(tx: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            tx,
            books: Books::default(),
            wakes: Wakes::default(),
            find: tx.prepare_cached(
                "SELECT state, owner, ordering, retries_used, trigger, due, blocked, replace_key FROM deliveries
                 WHERE application = ? AND message = ? AND endpoint = ?",
            )?,
            update: tx.prepare_cached(
                "UPDATE deliveries SET state = ?4, owner = NULL, due = ?5, attempts = attempts + ?6,
                     retries_used = ?7, trigger = ?8, reason = ?9, updated_at = ?10
                 WHERE application = ?1 AND message = ?2 AND endpoint = ?3",
            )?,
            attempt: tx.prepare_cached(
                "INSERT INTO attempts (application, message, id, endpoint, at, duration, trigger, method, url,
                     success, status, failure_kind, failure, key_number, profile, response)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )?,
        })
    }

    fn item(&mut self, item: &Record) -> rusqlite::Result<Recorded> {
        // Erased meanwhile with its application or message: an attempt would belong to nothing.
        let Some(found) = self.find(item)? else { return Ok(Recorded::Late) };
        if let Some(attempt) = &item.attempt
            && !self.keep(attempt)?
        {
            // The same report once more; the delivery may be owned by the same node anew.
            return Ok(Recorded::Late);
        }
        let owned = found.owner == Some(owner_number(item.owner)?) && found.state.is_waiting();
        let Some(next) = found.state.after(item.event).filter(|_| owned) else { return Ok(Recorded::Late) };
        let superseded = self.is_superseded(item, &found)?;
        if superseded {
            let (event, reason) = (DeliveryEvent::Cancel, Some(EndReason::Superseded));
            self.change(
                &Record { event, reason, due: None, ..item.clone() },
                &found,
                DeliveryState::Cancelled,
            )?;
        } else {
            self.change(item, &found, next)?;
        }
        self.endpoint(item)?;
        Ok(if superseded { Recorded::Superseded } else { Recorded::Applied })
    }

    /// Whether a failure ends here because the message is superseded.
    fn is_superseded(&self, item: &Record, found: &Found) -> rusqlite::Result<bool> {
        let failed = matches!(item.event, DeliveryEvent::Retry | DeliveryEvent::Fail | DeliveryEvent::Block);
        let key = found.replace_key.as_ref().filter(|_| failed);
        is_superseded(self.tx, item.key.application, item.key.message, key)
    }

    fn find(&mut self, item: &Record) -> rusqlite::Result<Option<Found>> {
        let key = &item.key;
        let values = params![key.application.0, key.message.0, key.endpoint.0];
        let found = self.find.query_row(values, |row| {
            Ok(Found {
                state: state(row, 0)?,
                owner: row.get(1)?,
                ordering: row.get(2)?,
                retries_used: row.get(3)?,
                trigger: row.get(4)?,
                due: row.get(5)?,
                blocked: row.get(6)?,
                replace_key: maybe_name(row, 7)?,
            })
        });
        found.optional()
    }

    /// Keeps an attempt; answers whether it is new.
    fn keep(&mut self, attempt: &Attempt) -> rusqlite::Result<bool> {
        let key = &attempt.delivery;
        let (kind, failure) = attempt.failure.as_ref().map(|(kind, text)| (kind, text)).unzip();
        let written = self.attempt.execute(params![
            key.application.0,
            key.message.0,
            attempt.id.0,
            key.endpoint.0,
            attempt.at.0,
            i64::try_from(attempt.duration.as_micros()).unwrap_or(i64::MAX),
            attempt.trigger as u8,
            attempt.method.as_str(),
            attempt.url,
            attempt.success,
            attempt.status,
            kind,
            failure,
            attempt.key_number,
            attempt.profile.0,
            attempt.response.as_deref(),
        ])?;
        Ok(written > 0)
    }

    fn change(&mut self, item: &Record, found: &Found, next: DeliveryState) -> rusqlite::Result<()> {
        let key = &item.key;
        let (retries_used, trigger) = match item.event {
            DeliveryEvent::Retry => (found.retries_used + 1, Trigger::Scheduled as u8),
            DeliveryEvent::Resend => (0, Trigger::Manual as u8),
            _ => (found.retries_used, found.trigger),
        };
        let due = match item.due {
            Some(due) => due,
            None if next.is_waiting() => item.at,
            None => fanfare_core::time::Timestamp(found.due),
        };
        let reason = item.reason.filter(|_| !next.is_waiting()).map(|reason| reason as u8);
        self.update.execute(params![
            key.application.0,
            key.message.0,
            key.endpoint.0,
            next as u8,
            due.0,
            u8::from(item.attempt.is_some()),
            retries_used,
            trigger,
            reason,
            item.at.0,
        ])?;
        self.books.change(found.state, next);
        match &found.ordering {
            _ if next.is_waiting() && !found.blocked => {
                self.wakes.wake(key.application, key.endpoint, due);
            }
            Some(ordering) if !next.is_waiting() => {
                leave_order(self.tx, &mut self.wakes, key, ordering)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What the outcome says about the endpoint itself.
    fn endpoint(&mut self, item: &Record) -> rusqlite::Result<()> {
        let (application, endpoint) = (item.key.application, item.key.endpoint);
        match item.failing_since {
            Some(Some(since)) => {
                let sql = "INSERT OR REPLACE INTO health (application, endpoint, failing_since)
                           VALUES (?, ?, ?)";
                run(self.tx, sql, params![application.0, endpoint.0, since.0])?;
            }
            Some(None) => {
                let sql = "DELETE FROM health WHERE application = ? AND endpoint = ?";
                run(self.tx, sql, params![application.0, endpoint.0])?;
            }
            None => {}
        }
        if let Some(until) = item.rest_until {
            self.wakes.rest(application, endpoint, until);
        }
        match item.disable {
            Some(reason) => disable_endpoint(self.tx, item, reason),
            None => Ok(()),
        }
    }
}
