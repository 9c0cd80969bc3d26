//! Deliveries and attempts: recording outcomes, steering, reading.

mod attempts;
mod cancel;
mod list;
mod record;
mod release;
mod resend;

use std::sync::atomic::AtomicBool;

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
use tokio_postgres::Row;

use super::{
    PostgresStore,
    columns::{count, get, id, maybe_bytes, maybe_name, maybe_time, small, time},
    connection::{Tx, transaction},
    fault::{Done, broken},
    query::{all, one, values},
    superseding,
    waiting::{AT_KEYS, KEYS, Keys},
};

pub(super) use cancel::end_unattempted;
pub(super) use list::condition_of_index;
pub(super) use release::free;
pub(super) use resend::resend;

#[async_trait]
impl DeliveryStore for PostgresStore {
    async fn record(&self, batch: Vec<Record>) -> StoreResult<Vec<Recorded>> {
        let doubt = AtomicBool::new(false);
        transaction!(self.writing(), |tx| Box::pin(record::record(tx, &batch, &doubt)).await)
    }

    async fn release(&self, owner: Incarnation, keys: Vec<DeliveryKey>, now: Timestamp) -> StoreResult<()> {
        transaction!(self.writing(), |tx| release::release(tx, owner, &keys, now).await)
    }

    async fn resend(&self, batch: Vec<Resend>) -> StoreResult<Vec<Result<Resent, ChangeError>>> {
        transaction!(self.writing(), |tx| resend(tx, &batch).await)
    }

    async fn cancel(&self, key: DeliveryKey, audit: Audit) -> StoreResult<Result<bool, ChangeError>> {
        transaction!(self.writing(), |tx| cancel::cancel(tx, &key, &audit).await)
    }

    async fn is_superseded(&self, key: DeliveryKey) -> StoreResult<bool> {
        transaction!(self.reading_at_once(), |tx| superseding::holds_for(tx, &key).await)
    }

    async fn delivery(&self, key: DeliveryKey) -> StoreResult<Option<Delivery>> {
        transaction!(self.reading(), |tx| by_key(tx, &key).await)
    }

    async fn deliveries(
        &self,
        application: ApplicationId,
        filter: DeliveryFilter,
        page: PageQuery<(MessageId, EndpointId)>,
    ) -> StoreResult<Page<Delivery>> {
        transaction!(self.reading(), |tx| list::of_application(tx, application, &filter, &page).await)
    }

    async fn delivered_messages(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        filter: DeliveryFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<DeliveredMessage>> {
        transaction!(self.reading(), |tx| list::of_endpoint(
            tx,
            application,
            endpoint,
            &filter,
            &page,
            with_payload
        )
        .await)
    }

    async fn destinations(
        &self,
        application: ApplicationId,
        message: MessageId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Destination>> {
        transaction!(self.reading(), |tx| list::destinations(tx, application, message, &page).await)
    }

    async fn attempts(
        &self,
        application: ApplicationId,
        of: AttemptsOf,
        filter: AttemptFilter,
        page: PageQuery<AttemptId>,
    ) -> StoreResult<Page<Attempt>> {
        transaction!(self.reading(), |tx| attempts::page_of(tx, application, of, &filter, &page).await)
    }

    async fn attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
    ) -> StoreResult<Option<Attempt>> {
        transaction!(self.reading(), |tx| attempts::by_id(tx, application, message, id).await)
    }

    async fn expunge_attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| attempts::expunge(tx, application, message, id, &audit).await)
    }

    async fn endpoint_counts(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        from: Timestamp,
        until: Timestamp,
    ) -> StoreResult<DeliveryCounts> {
        transaction!(self.reading(), |tx| list::counts(tx, application, endpoint, from, until).await)
    }
}

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

/// The deliveries with these keys, in no order.
pub(super) async fn by_keys(tx: &Tx, keys: impl IntoIterator<Item = DeliveryKey>) -> Done<Vec<Delivery>> {
    let Keys { applications, messages, endpoints, oldest, newest } = Keys::of(keys);
    let sql = format!("SELECT {DELIVERY} FROM deliveries d JOIN {KEYS} ON {AT_KEYS}");
    let values = values![applications, messages, endpoints, oldest, newest];
    all(tx, &sql, values, |row| read_delivery(row, 0)).await
}
