//! Deliveries and attempts: recording outcomes, steering, reading.

mod attempts;
mod cancel;
mod list;
mod record;
mod release;
mod resend;

use async_trait::async_trait;
use fanfare_core::{
    delivery::{Attempt, Delivery, DeliveryKey, DeliveryState, EndReason, Incarnation, Trigger},
    id::{ApplicationId, AttemptId, EndpointId, MessageId},
    message::ProfileHash,
    ports::store::{
        AttemptFilter, AttemptsOf, Audit, ChangeError, DeliveredMessage, DeliveryCounts, DeliveryFilter,
        DeliveryStore, Destination, Page, PageQuery, Record, Recorded, Resend, Resent, StoreResult,
    },
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{
    SqliteStore,
    columns::{count, id, maybe_name, maybe_time, time},
    fault::broken,
    query::one,
    superseding,
};

pub(super) use cancel::end_unattempted;
pub(super) use list::{condition_of_index, index_of_endpoint};
pub(super) use release::free;
pub(super) use resend::resend;

#[async_trait]
impl DeliveryStore for SqliteStore {
    async fn record(&self, batch: Vec<Record>) -> StoreResult<Vec<Recorded>> {
        self.write(move |tx| record::record(tx, &batch)).await
    }

    async fn release(&self, owner: Incarnation, keys: Vec<DeliveryKey>, now: Timestamp) -> StoreResult<()> {
        self.write(move |tx| release::release(tx, owner, &keys, now)).await
    }

    async fn resend(&self, batch: Vec<Resend>) -> StoreResult<Vec<Result<Resent, ChangeError>>> {
        self.write(move |tx| resend(tx, &batch)).await
    }

    async fn cancel(&self, key: DeliveryKey, audit: Audit) -> StoreResult<Result<bool, ChangeError>> {
        self.write(move |tx| cancel::cancel(tx, &key, &audit)).await
    }

    async fn is_superseded(&self, key: DeliveryKey) -> StoreResult<bool> {
        self.read(move |conn| superseding::holds_for(conn, &key)).await
    }

    async fn delivery(&self, key: DeliveryKey) -> StoreResult<Option<Delivery>> {
        self.read(move |conn| by_key(conn, &key)).await
    }

    async fn deliveries(
        &self,
        application: ApplicationId,
        filter: DeliveryFilter,
        page: PageQuery<(MessageId, EndpointId)>,
    ) -> StoreResult<Page<Delivery>> {
        self.read(move |conn| list::of_application(conn, application, &filter, &page)).await
    }

    async fn delivered_messages(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        filter: DeliveryFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<DeliveredMessage>> {
        let read = move |conn: &Connection| {
            list::of_endpoint(conn, application, endpoint, &filter, &page, with_payload)
        };
        self.read(read).await
    }

    async fn destinations(
        &self,
        application: ApplicationId,
        message: MessageId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Destination>> {
        self.read(move |conn| list::destinations(conn, application, message, &page)).await
    }

    async fn attempts(
        &self,
        application: ApplicationId,
        of: AttemptsOf,
        filter: AttemptFilter,
        page: PageQuery<AttemptId>,
    ) -> StoreResult<Page<Attempt>> {
        self.read(move |conn| attempts::page_of(conn, application, of, &filter, &page)).await
    }

    async fn attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
    ) -> StoreResult<Option<Attempt>> {
        self.read(move |conn| attempts::by_id(conn, application, message, id)).await
    }

    async fn expunge_attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| attempts::expunge(tx, application, message, id, &audit)).await
    }

    async fn endpoint_counts(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        from: Timestamp,
        until: Timestamp,
    ) -> StoreResult<DeliveryCounts> {
        self.read(move |conn| list::counts(conn, application, endpoint, from, until)).await
    }
}

/// The columns that [`read_delivery`] reads, of the table `d`.
pub(super) const DELIVERY: &str =
    "d.application, d.message, d.endpoint, d.state, d.due, d.owner, d.seq, d.ordering, d.attempts,
     d.retries_used, d.trigger, d.reason, d.updated_at, d.expires_at, d.replace_key, d.profile";
/// How many these are.
pub(super) const DELIVERY_COLUMNS: usize = 16;

/// Reads a delivery whose columns begin at `first`.
pub(super) fn read_delivery(row: &Row<'_>, first: usize) -> rusqlite::Result<Delivery> {
    let owner = row.get::<_, Option<i64>>(first + 5)?;
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
        ordering: row.get(first + 7)?,
        attempts: row.get(first + 8)?,
        retries_used: row.get(first + 9)?,
        trigger: trigger(row, first + 10)?,
        reason: reason(row, first + 11)?,
        updated_at: time(row, first + 12)?,
        expires_at: maybe_time(row, first + 13)?,
        replace_key: maybe_name(row, first + 14)?,
        profile: row.get::<_, Option<_>>(first + 15)?.map(ProfileHash),
    })
}

/// Reads a delivery's state.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<DeliveryState> {
    let number = row.get(column)?;
    DeliveryState::from_number(number).ok_or_else(|| broken(format!("unknown delivery state {number}")))
}

fn trigger(row: &Row<'_>, column: usize) -> rusqlite::Result<Trigger> {
    match row.get::<_, u8>(column)? {
        0 => Ok(Trigger::Scheduled),
        1 => Ok(Trigger::Manual),
        other => Err(broken(format!("unknown trigger {other}"))),
    }
}

/// Reads why a delivery ended.
pub(super) fn reason(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<EndReason>> {
    let Some(number) = row.get::<_, Option<u8>>(column)? else { return Ok(None) };
    let reason = EndReason::from_number(number);
    reason.map(Some).ok_or_else(|| broken(format!("unknown reason {number}")))
}

/// The delivery with this key.
pub(super) fn by_key(conn: &Connection, key: &DeliveryKey) -> rusqlite::Result<Option<Delivery>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d WHERE d.application = ? AND d.message = ? AND d.endpoint = ?"
    );
    let values = params![key.application.0, key.message.0, key.endpoint.0];
    one(conn, &sql, values, |row| read_delivery(row, 0))
}
