//! Sending again, by hand or by a job.

use fanfare_core::{
    delivery::{Delivery, DeliveryEvent, DeliveryState},
    name::ReplaceKey,
    ports::store::{ChangeError, NewDelivery, Resend, Resent},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::by_key;
use crate::sqlite::{
    books::Books,
    columns::{maybe_name, maybe_time, number},
    messages::{NewRow, insert_deliveries},
    query::{one, run},
    superseding::is_superseded,
    waiting::{Wakes, enter_order},
};

/// Sends again and answers item by item.
pub(in crate::sqlite) fn resend(
    tx: &Connection,
    batch: &[Resend],
) -> rusqlite::Result<Vec<Result<Resent, ChangeError>>> {
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    let mut answers = Vec::with_capacity(batch.len());
    for item in batch {
        answers.push(one_of(tx, &mut books, &mut wakes, item)?);
    }
    wakes.close(tx)?;
    books.close(tx)?;
    Ok(answers)
}

fn one_of(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
) -> rusqlite::Result<Result<Resent, ChangeError>> {
    let Some(bounds) = bounds(tx, item)? else { return Ok(Err(ChangeError::NotFound)) };
    let expired = bounds.expires_at.is_some_and(|end| end <= item.at);
    let key = &item.key;
    if expired || is_superseded(tx, key.application, key.message, bounds.replace_key.as_ref())? {
        return Ok(Ok(Resent::Left));
    }
    match by_key(tx, key)? {
        None => make(tx, books, wakes, item, bounds)?,
        Some(delivery) if !delivery.state.is_waiting() => again(tx, books, wakes, item, &delivery, &bounds)?,
        Some(delivery) if delivery.owner.is_none() && item.despite.waiting => {
            hurry(tx, books, wakes, item, &delivery)?;
        }
        Some(_) => return Ok(Ok(Resent::Left)),
    }
    Ok(Ok(Resent::Queued))
}

/// What still bounds a delivery that is sent again: what it is not sent in despite of.
struct Bounds {
    deliver_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    replace_key: Option<ReplaceKey>,
}

/// The bounds that hold; nothing where message or endpoint do not exist, or endpoint or application were
/// deleted.
fn bounds(tx: &Connection, item: &Resend) -> rusqlite::Result<Option<Bounds>> {
    let sql = "SELECT m.deliver_at, m.expires_at, m.replace_key FROM messages m
               JOIN applications a ON a.id = m.application AND a.deleted_at IS NULL
               JOIN endpoints e ON e.application = m.application AND e.id = ?3 AND e.deleted_at IS NULL
               WHERE m.application = ?1 AND m.id = ?2";
    let key = &item.key;
    let values = params![key.application.0, key.message.0, key.endpoint.0];
    let found = one(tx, sql, values, |row| {
        let (deliver_at, expires_at) = (maybe_time(row, 0)?, maybe_time(row, 1)?);
        Ok(Bounds { deliver_at, expires_at, replace_key: maybe_name(row, 2)? })
    })?;
    Ok(found.map(|bounds| Bounds {
        deliver_at: bounds.deliver_at.filter(|_| !item.despite.waiting),
        expires_at: bounds.expires_at.filter(|_| !item.despite.expired),
        replace_key: bounds.replace_key.filter(|_| !item.despite.superseded),
    }))
}

fn make(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
    bounds: Bounds,
) -> rusqlite::Result<()> {
    let row = NewRow {
        application: item.key.application,
        message: item.key.message,
        seq: books.next_seq(tx)?,
        at: item.at,
        trigger: item.trigger,
        expires_at: bounds.expires_at,
        replace_key: bounds.replace_key,
    };
    let later = bounds.deliver_at.filter(|at| *at > item.at);
    let new = NewDelivery {
        endpoint: item.key.endpoint,
        state: if later.is_some() { DeliveryState::Scheduled } else { DeliveryState::Pending },
        due: later.unwrap_or(item.at),
        owner: None,
        ordering: item.ordering.clone(),
        profile: item.profile,
    };
    insert_deliveries(tx, books, wakes, &row, &[new]).map(drop)
}

/// An ended delivery waits anew, at the end of its order, with a fresh schedule and the bounds that hold.
fn again(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
    delivery: &Delivery,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    let key = &item.key;
    let seq = books.next_seq(tx)?;
    let blocked = match &item.ordering {
        Some(ordering) => enter_order(tx, key, ordering, seq)?,
        None => false,
    };
    let sql =
        "UPDATE deliveries SET state = ?4, blocked = ?5, due = ?6, owner = NULL, seq = ?7, ordering = ?8,
                   retries_used = 0, trigger = ?9, reason = NULL, updated_at = ?6, expires_at = ?10,
                   replace_key = ?11, profile = ?12
               WHERE application = ?1 AND message = ?2 AND endpoint = ?3";
    let next = delivery.state.after(DeliveryEvent::Resend).unwrap_or(DeliveryState::Pending);
    let values = params![
        key.application.0,
        key.message.0,
        key.endpoint.0,
        next as u8,
        blocked,
        item.at.0,
        number(seq)?,
        item.ordering,
        item.trigger as u8,
        bounds.expires_at.map(|at| at.0),
        bounds.replace_key.as_ref().map(|key| key.as_str()),
        item.profile.map(|hash| hash.0),
    ];
    run(tx, sql, values)?;
    books.change(delivery.state, next);
    if !blocked {
        wakes.wake(key.application, key.endpoint, item.at);
    }
    Ok(())
}

/// A delivery that waits already is due now and keeps its place in its order. It no longer expires, or can no
/// longer be superseded, where it is sent in despite of that.
fn hurry(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
    delivery: &Delivery,
) -> rusqlite::Result<()> {
    let key = &item.key;
    let sql = "UPDATE deliveries SET state = ?4, due = ?5, retries_used = 0, trigger = ?6, updated_at = ?5,
                   expires_at = CASE WHEN ?7 THEN NULL ELSE expires_at END,
                   replace_key = CASE WHEN ?8 THEN NULL ELSE replace_key END
               WHERE application = ?1 AND message = ?2 AND endpoint = ?3 RETURNING blocked";
    let next = delivery.state.after(DeliveryEvent::Resend).unwrap_or(DeliveryState::Pending);
    let values = params![
        key.application.0,
        key.message.0,
        key.endpoint.0,
        next as u8,
        item.at.0,
        item.trigger as u8,
        item.despite.expired,
        item.despite.superseded,
    ];
    let blocked = one(tx, sql, values, |row| row.get::<_, bool>(0))?;
    books.change(delivery.state, next);
    if blocked == Some(false) {
        wakes.wake(key.application, key.endpoint, item.at);
    }
    Ok(())
}
