//! Reading attempts, and erasing what one was answered.

use std::time::Duration;

use bytes::Bytes;
use fanfare_core::{
    delivery::{Attempt, DeliveryKey},
    id::{ApplicationId, AttemptId, MessageId},
    message::ProfileHash,
    ports::store::{AttemptFilter, AttemptsOf, Audit, ChangeError, Page, PageQuery},
};
use tokio_postgres::Row;

use super::trigger;
use crate::postgres::{
    audit,
    columns::{bytes, count, get, id, name, time},
    connection::Tx,
    fault::{Done, broken},
    messages::{filter_messages, messages_within},
    page::page,
    query::{Query, one, run, values},
};

const ATTEMPT: &str =
    "t.application, t.message, t.endpoint, t.id, t.at, t.duration, t.trigger, t.method, t.url,
     t.success, t.status, t.failure_kind, t.failure, t.response, t.key_number, t.profile";

/// A page of attempts, of a message or to an endpoint.
pub(super) async fn page_of(
    tx: &Tx,
    application: ApplicationId,
    of: AttemptsOf,
    filter: &AttemptFilter,
    query: &PageQuery<AttemptId>,
) -> Done<Page<Attempt>> {
    let wanted = &filter.of_messages;
    let asks_message = wanted.channel.is_some()
        || wanted.tag.is_some()
        || wanted.event_types.is_some()
        || wanted.text.is_some();
    let join = "JOIN messages m ON m.application = t.application AND m.id = t.message";
    let (column, value) = match of {
        AttemptsOf::Message(id) => ("message", id.0),
        AttemptsOf::Endpoint(id) => ("endpoint", id.0),
    };
    let join = if asks_message { join } else { "" };
    let mut list = Query::new(&format!("SELECT {ATTEMPT} FROM attempts t {join}"));
    list.with(" WHERE t.application = ?", application.0)
        .with(&format!(" AND t.{column} = ?"), value)
        .with_some(" AND t.endpoint = ?", filter.endpoint.map(|id| id.0));
    // Not parameters: the index on failures holds only for a condition that can be seen to be its own.
    match filter.success {
        Some(true) => list.text(" AND t.success"),
        Some(false) => list.text(" AND NOT t.success"),
        None => &mut list,
    };
    match filter.status_class {
        Some(0) => {
            list.text(" AND t.status = 0");
        }
        class => {
            list.with_some(" AND t.status >= ?", class.map(i32::from))
                .with_some(" AND t.status < ?", class.map(|class| i32::from(class) + 100));
        }
    }
    filter_messages(&mut list, wanted);
    messages_within(&mut list, "t.id", "t.at", wanted);
    page(tx, list, &["t.id"], query, read).await
}

/// An attempt of a message.
pub(super) async fn by_id(
    tx: &Tx,
    application: ApplicationId,
    message: MessageId,
    attempt: AttemptId,
) -> Done<Option<Attempt>> {
    let sql =
        format!("SELECT {ATTEMPT} FROM attempts t WHERE t.application = $1 AND t.message = $2 AND t.id = $3");
    one(tx, &sql, values![application.0, message.0, attempt.0], read).await
}

/// Erases an attempt's response.
pub(super) async fn expunge(
    tx: &Tx,
    application: ApplicationId,
    message: MessageId,
    attempt: AttemptId,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    let sql = "UPDATE attempts SET response = NULL WHERE application = $1 AND message = $2 AND id = $3";
    if run(tx, sql, values![application.0, message.0, attempt.0]).await? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

fn read(row: &Row) -> Done<Attempt> {
    let failure: Option<String> = get(row, 12)?;
    Ok(Attempt {
        delivery: DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? },
        id: id(row, 3)?,
        at: time(row, 4)?,
        duration: Duration::from_micros(count(row, 5)?),
        trigger: trigger(row, 6)?,
        method: name(row, 7)?,
        url: get(row, 8)?,
        success: get(row, 9)?,
        status: get::<i32>(row, 10)?.try_into().map_err(broken)?,
        failure: get::<Option<String>>(row, 11)?.zip(failure),
        response: get::<Option<&[u8]>>(row, 13)?.map(Bytes::copy_from_slice),
        key_number: get::<Option<i64>>(row, 14)?.map(TryInto::try_into).transpose().map_err(broken)?,
        profile: ProfileHash(bytes(row, 15)?),
    })
}
