//! Messages: accepting, fanning out, reading.

mod accept;
mod expand;
mod read;

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, EndpointId, MessageId},
    message::Message,
    name::EventId,
    ports::store::{
        Accept, Accepted, Audit, ChangeError, Fanout, MessageFilter, MessageStore, NewDelivery, Page,
        PageQuery, StoreResult,
    },
};
use rusqlite::{Connection, params};

use super::{
    SqliteStore, audit,
    query::{one, run},
};

pub(super) use accept::payload_place;
pub(super) use expand::{NewRow, insert_deliveries};
pub(super) use read::{
    MESSAGE, PAYLOAD_EXPUNGED, filter as filter_messages, ids_within, message as read_message,
    within as messages_within,
};

#[async_trait]
impl MessageStore for SqliteStore {
    async fn accept(&self, batch: Vec<Accept>) -> StoreResult<Vec<Accepted>> {
        self.write(move |tx| accept::accept(tx, &batch)).await
    }

    async fn fanouts(&self, after: Option<u64>, limit: usize) -> StoreResult<Vec<Fanout>> {
        self.read(move |conn| expand::fanouts(conn, after, limit)).await
    }

    async fn expand(
        &self,
        message: (ApplicationId, MessageId),
        from: Option<EndpointId>,
        slice: Vec<NewDelivery>,
        after: EndpointId,
        done: bool,
    ) -> StoreResult<bool> {
        self.write(move |tx| expand::expand(tx, message, from, &slice, after, done)).await
    }

    async fn message(
        &self,
        application: ApplicationId,
        id: MessageId,
        with_payload: bool,
    ) -> StoreResult<Option<Message>> {
        self.read(move |conn| read::by_id(conn, application, id, with_payload)).await
    }

    async fn message_of_event(
        &self,
        application: ApplicationId,
        event_id: EventId,
    ) -> StoreResult<Option<MessageId>> {
        let sql = "SELECT message FROM dedupe WHERE application = ? AND kind = ? AND key = ?";
        self.read(move |conn| {
            let values = params![application.0, accept::EVENT_ID, event_id.as_str().as_bytes()];
            one(conn, sql, values, |row| row.get(0).map(MessageId))
        })
        .await
    }

    async fn messages(
        &self,
        application: ApplicationId,
        filter: MessageFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<Message>> {
        self.read(move |conn| read::page_of(conn, application, &filter, &page, with_payload)).await
    }

    async fn horizon(
        &self,
        application: ApplicationId,
        endpoint: Option<EndpointId>,
        from: Option<MessageId>,
        rows: usize,
    ) -> StoreResult<Option<MessageId>> {
        self.read(move |conn| read::horizon(conn, application, endpoint, from, rows)).await
    }

    async fn expunge_message(
        &self,
        application: ApplicationId,
        id: MessageId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| expunge(tx, application, id, &audit)).await
    }
}

fn expunge(
    tx: &Connection,
    application: ApplicationId,
    id: MessageId,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let place = one(
        tx,
        "UPDATE messages SET payload = ?3 WHERE application = ?1 AND id = ?2 RETURNING payload_place",
        params![application.0, id.0, PAYLOAD_EXPUNGED],
        |row| row.get::<_, Option<i64>>(0),
    )?;
    let Some(place) = place else { return Ok(Err(ChangeError::NotFound)) };
    run(tx, "DELETE FROM payloads WHERE place = ?", params![place])?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}
