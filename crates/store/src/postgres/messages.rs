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

use super::{
    PostgresStore, audit,
    columns::id,
    connection::{Tx, transaction},
    fault::Done,
    query::{one, run, values},
};

pub(super) use expand::{NewDeliveries, NewRow};
pub(super) use read::{
    MESSAGE, PAYLOAD_EXPUNGED, filter as filter_messages, ids_within, message as read_message,
    payload_column, within as messages_within,
};

#[async_trait]
impl MessageStore for PostgresStore {
    async fn accept(&self, batch: Vec<Accept>) -> StoreResult<Vec<Accepted>> {
        transaction!(self.writing(), |tx| Box::pin(accept::accept(tx, &batch)).await)
    }

    async fn fanouts(&self, after: Option<u64>, limit: usize) -> StoreResult<Vec<Fanout>> {
        transaction!(self.reading_at_once(), |tx| expand::fanouts(tx, after, limit).await)
    }

    async fn expand(
        &self,
        message: (ApplicationId, MessageId),
        from: Option<EndpointId>,
        slice: Vec<NewDelivery>,
        after: EndpointId,
        done: bool,
    ) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| expand::expand(tx, message, from, &slice, after, done).await)
    }

    async fn message(
        &self,
        application: ApplicationId,
        id: MessageId,
        with_payload: bool,
    ) -> StoreResult<Option<Message>> {
        transaction!(self.reading_at_once(), |tx| read::by_id(tx, application, id, with_payload).await)
    }

    async fn message_of_event(
        &self,
        application: ApplicationId,
        event_id: EventId,
    ) -> StoreResult<Option<MessageId>> {
        let sql = "SELECT message FROM dedupe WHERE application = $1 AND kind = $2 AND key = $3";
        transaction!(self.reading(), |tx| {
            let values = values![application.0, accept::EVENT_ID, event_id.as_str().as_bytes()];
            one(tx, sql, values, |row| id(row, 0)).await
        })
    }

    async fn messages(
        &self,
        application: ApplicationId,
        filter: MessageFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<Message>> {
        transaction!(self.reading(), |tx| read::page_of(tx, application, &filter, &page, with_payload).await)
    }

    async fn horizon(
        &self,
        application: ApplicationId,
        endpoint: Option<EndpointId>,
        from: Option<MessageId>,
        rows: usize,
    ) -> StoreResult<Option<MessageId>> {
        transaction!(self.reading(), |tx| read::horizon(tx, application, endpoint, from, rows).await)
    }

    async fn expunge_message(
        &self,
        application: ApplicationId,
        id: MessageId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| expunge(tx, application, id, &audit).await)
    }
}

async fn expunge(
    tx: &Tx,
    application: ApplicationId,
    id: MessageId,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    let sql = "UPDATE messages SET payload = $3, bytes = NULL WHERE application = $1 AND id = $2";
    if run(tx, sql, values![application.0, id.0, PAYLOAD_EXPUNGED]).await? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}
