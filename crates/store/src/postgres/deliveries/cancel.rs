//! Calling deliveries off that wait unowned.

use std::collections::BTreeSet;

use fanfare_core::{
    delivery::{Delivery, DeliveryEvent, DeliveryKey, EndReason, Incarnation},
    ports::store::{Audit, ChangeError},
    time::Timestamp,
};

use super::{by_key, state};
use crate::postgres::{
    audit,
    books::Books,
    columns::{get, id},
    connection::Tx,
    fault::Done,
    query::{all, values},
    waiting::{AT_KEYS, KEYS, Keys, Order, Wakes, leave_order, owner_number},
};

/// Cancels a delivery that waits and is not in flight; answers whether it did.
pub(super) async fn cancel(tx: &Tx, key: &DeliveryKey, audit: &Audit) -> Done<Result<bool, ChangeError>> {
    let Some(delivery) = by_key(tx, key).await? else { return Ok(Err(ChangeError::NotFound)) };
    if !delivery.state.is_waiting() || delivery.owner.is_some() {
        return Ok(Ok(false));
    }
    let mut books = Books::default();
    let ended = end_unattempted(tx, &mut books, &[delivery], EndReason::ByHand, audit.at).await?;
    books.close(tx).await?;
    if ended == 0 {
        return Ok(Ok(false));
    }
    audit::write(tx, audit).await?;
    Ok(Ok(true))
}

/// Ends deliveries that waited unowned when they were read as cancelled, and lets the next ones of their order
/// go. One that does not any more is left alone; answers how many ended.
pub(in crate::postgres) async fn end_unattempted(
    tx: &Tx,
    books: &mut Books,
    deliveries: &[Delivery],
    reason: EndReason,
    now: Timestamp,
) -> Done<usize> {
    end_of(tx, books, deliveries, None, reason, now).await
}

/// The same for deliveries that this incarnation owned when they were read, or nobody.
pub(super) async fn end_of(
    tx: &Tx,
    books: &mut Books,
    deliveries: &[Delivery],
    owner: Option<Incarnation>,
    reason: EndReason,
    now: Timestamp,
) -> Done<usize> {
    let ending = |delivery: &&Delivery| delivery.state.after(DeliveryEvent::Cancel).is_some();
    let mut ending: Vec<&Delivery> = deliveries.iter().filter(ending).collect();
    if ending.is_empty() {
        return Ok(0);
    }
    ending.sort_unstable_by_key(|delivery| delivery.key);
    let mut wakes = Wakes::default();
    for delivery in ending.iter().filter(|delivery| delivery.ordering.is_some()) {
        wakes.hold(delivery.key.application, delivery.key.endpoint);
    }
    wakes.close_guarded(tx).await?;
    let ended = end(tx, &ending, owner, reason, now).await?;
    let mut left = BTreeSet::new();
    for (key, ordering, from, to) in &ended {
        books.change(*from, *to);
        left.extend(ordering.as_ref().map(|ordering| Order::new(key, ordering)));
    }
    leave_order(tx, &left).await?;
    Ok(ended.len())
}

type Ended = (
    DeliveryKey,
    Option<String>,
    fanfare_core::delivery::DeliveryState,
    fanfare_core::delivery::DeliveryState,
);

/// Locks them in the order of their keys first: two who end the same ones do not get in each other's way.
async fn end(
    tx: &Tx,
    ending: &[&Delivery],
    owner: Option<Incarnation>,
    reason: EndReason,
    now: Timestamp,
) -> Done<Vec<Ended>> {
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(ending.iter().map(|delivery| delivery.key));
    let sql = format!(
        "WITH held AS (
             SELECT d.application, d.message, d.endpoint, d.state AS before FROM deliveries d JOIN {KEYS} ON {AT_KEYS}
             WHERE d.state <= 2 AND d.owner IS NOT DISTINCT FROM $6
             ORDER BY d.application, d.message, d.endpoint FOR UPDATE OF d
         )
         UPDATE deliveries d
         SET state = $7, blocked = false, owner = NULL, reason = $8, updated_at = $9
         FROM held WHERE d.application = held.application AND d.message = held.message
             AND d.endpoint = held.endpoint AND d.message >= $4 AND d.message <= $5
         RETURNING d.application, d.message, d.endpoint, d.ordering, held.before, d.state"
    );
    let cancelled = fanfare_core::delivery::DeliveryState::Cancelled as i16;
    let owner = owner.map(owner_number).transpose()?;
    let values =
        values![applications, messages, endpoints, oldest, newest, owner, cancelled, reason as i16, now];
    all(tx, &sql, values, |row| {
        let key = DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? };
        Ok((key, get(row, 3)?, state(row, 4)?, state(row, 5)?))
    })
    .await
}
