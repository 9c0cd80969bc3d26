//! Sending again, by hand or by a recovery.

use fanfare_core::{
    delivery::{Delivery, DeliveryEvent, DeliveryState},
    ports::store::{ChangeError, NewDelivery, Resend},
};
use rusqlite::{Connection, params};

use super::by_key;
use crate::sqlite::{
    books::Books,
    columns::number,
    messages::{NewRow, insert_deliveries},
    query::{one, run},
    waiting::{Wakes, enter_order},
};

/// Sends again and answers item by item.
pub(super) fn resend(tx: &Connection, batch: &[Resend]) -> rusqlite::Result<Vec<Result<(), ChangeError>>> {
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
) -> rusqlite::Result<Result<(), ChangeError>> {
    if !both_there(tx, item)? {
        return Ok(Err(ChangeError::NotFound));
    }
    match by_key(tx, &item.key)? {
        None => make(tx, books, wakes, item)?,
        Some(delivery) if !delivery.state.is_waiting() => again(tx, books, wakes, item, &delivery)?,
        Some(delivery) if delivery.owner.is_none() => hurry(tx, books, wakes, item, &delivery)?,
        Some(_) => {}
    }
    Ok(Ok(()))
}

/// Whether message and endpoint exist and neither endpoint nor application was deleted.
fn both_there(tx: &Connection, item: &Resend) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM messages m
               JOIN applications a ON a.id = m.application AND a.deleted_at IS NULL
               JOIN endpoints e ON e.application = m.application AND e.id = ?3 AND e.deleted_at IS NULL
               WHERE m.application = ?1 AND m.id = ?2";
    let key = &item.key;
    let values = params![key.application.0, key.message.0, key.endpoint.0];
    Ok(one(tx, sql, values, |_| Ok(()))?.is_some())
}

fn make(tx: &Connection, books: &mut Books, wakes: &mut Wakes, item: &Resend) -> rusqlite::Result<()> {
    let row = NewRow {
        application: item.key.application,
        message: item.key.message,
        seq: books.next_seq(tx)?,
        at: item.at,
        trigger: item.trigger,
        expires_at: None,
    };
    let new = NewDelivery {
        endpoint: item.key.endpoint,
        state: DeliveryState::Pending,
        due: item.at,
        owner: None,
        ordering: item.ordering.clone(),
    };
    insert_deliveries(tx, books, wakes, &row, &[new]).map(drop)
}

/// An ended delivery waits anew, at the end of its order and with a fresh schedule. It no longer expires:
/// somebody wants it now.
fn again(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
    delivery: &Delivery,
) -> rusqlite::Result<()> {
    let key = &item.key;
    let seq = books.next_seq(tx)?;
    let blocked = match &item.ordering {
        Some(ordering) => enter_order(tx, key, ordering, seq)?,
        None => false,
    };
    let sql =
        "UPDATE deliveries SET state = ?4, blocked = ?5, due = ?6, owner = NULL, seq = ?7, ordering = ?8,
                   retries_used = 0, trigger = ?9, reason = NULL, updated_at = ?6, expires_at = NULL
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
    ];
    run(tx, sql, values)?;
    books.change(delivery.state, next);
    if !blocked {
        wakes.wake(key.application, key.endpoint, item.at);
    }
    Ok(())
}

/// A delivery that waits already is due now and keeps its place in its order.
fn hurry(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    item: &Resend,
    delivery: &Delivery,
) -> rusqlite::Result<()> {
    let key = &item.key;
    let sql = "UPDATE deliveries SET state = ?4, due = ?5, retries_used = 0, trigger = ?6, updated_at = ?5,
                   expires_at = NULL
               WHERE application = ?1 AND message = ?2 AND endpoint = ?3 RETURNING blocked";
    let next = delivery.state.after(DeliveryEvent::Resend).unwrap_or(DeliveryState::Pending);
    let values =
        params![key.application.0, key.message.0, key.endpoint.0, next as u8, item.at.0, item.trigger as u8];
    let blocked = one(tx, sql, values, |row| row.get::<_, bool>(0))?;
    books.change(delivery.state, next);
    if blocked == Some(false) {
        wakes.wake(key.application, key.endpoint, item.at);
    }
    Ok(())
}
