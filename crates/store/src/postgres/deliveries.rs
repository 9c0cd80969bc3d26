//! Deliveries and attempts: recording outcomes, steering, reading.

mod attempts;
mod list;

use fanfare_core::{
    delivery::{Delivery, DeliveryKey, DeliveryState, EndReason, Incarnation, Trigger},
    message::ProfileHash,
};
use tokio_postgres::Row;

use super::{
    columns::{count, get, id, maybe_bytes, maybe_name, maybe_time, small, time},
    connection::Tx,
    fault::{Done, broken},
    query::{one, values},
};

pub(super) use list::condition_of_index;

/// The columns that [`read_delivery`] reads, of the table `d`.
pub(super) const DELIVERY: &str =
    "d.application, d.message, d.endpoint, d.state, d.due, d.owner, d.seq, d.ordering, d.attempts,
     d.retries_used, d.trigger, d.reason, d.updated_at, d.expires_at, d.replace_key, d.profile";
/// How many these are.
pub(super) const DELIVERY_COLUMNS: usize = 16;

/// Reads a delivery whose columns begin at `first`.
pub(super) fn read_delivery(row: &Row, first: usize) -> Done<Delivery> {
    let owner = get::<Option<i64>>(row, first + 5)?;
    Ok(Delivery {
        key: DeliveryKey {
            application: id(row, first)?,
            message: id(row, first + 1)?,
            endpoint: id(row, first + 2)?,
        },
        state: state(row, first + 3)?,
        due: time(row, first + 4)?,
        owner: owner.map(u64::try_from).transpose().map_err(broken)?.map(Incarnation),
        seq: count(row, first + 6)?,
        ordering: get(row, first + 7)?,
        attempts: count(row, first + 8)?,
        retries_used: count(row, first + 9)?,
        trigger: trigger(row, first + 10)?,
        reason: reason(row, first + 11)?,
        updated_at: time(row, first + 12)?,
        expires_at: maybe_time(row, first + 13)?,
        replace_key: maybe_name(row, first + 14)?,
        profile: maybe_bytes(row, first + 15)?.map(ProfileHash),
    })
}

/// Reads a delivery's state.
pub(super) fn state(row: &Row, column: usize) -> Done<DeliveryState> {
    let number = small(row, column)?;
    DeliveryState::from_number(number).ok_or_else(|| broken(format!("unknown delivery state {number}")))
}

fn trigger(row: &Row, column: usize) -> Done<Trigger> {
    match small(row, column)? {
        0 => Ok(Trigger::Scheduled),
        1 => Ok(Trigger::Manual),
        other => Err(broken(format!("unknown trigger {other}"))),
    }
}

/// Reads why a delivery ended.
pub(super) fn reason(row: &Row, column: usize) -> Done<Option<EndReason>> {
    let Some(number) = get::<Option<i16>>(row, column)? else { return Ok(None) };
    let reason = u8::try_from(number).ok().and_then(EndReason::from_number);
    reason.map(Some).ok_or_else(|| broken(format!("unknown reason {number}")))
}

/// The delivery with this key.
pub(super) async fn by_key(tx: &Tx, key: &DeliveryKey) -> Done<Option<Delivery>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d WHERE d.application = $1 AND d.message = $2 AND d.endpoint = $3"
    );
    let values = values![key.application.0, key.message.0, key.endpoint.0];
    one(tx, &sql, values, |row| read_delivery(row, 0)).await
}
