//! Reading attempts, and erasing what one was answered.

use std::time::Duration;

use bytes::Bytes;
use fanfare_core::{
    delivery::{Attempt, DeliveryKey},
    id::{ApplicationId, AttemptId, MessageId},
    message::ProfileHash,
    ports::store::{AttemptFilter, AttemptsOf, Audit, ChangeError, Page, PageQuery},
};
use rusqlite::{Connection, Row, params};

use super::trigger;
use crate::sqlite::{
    audit,
    columns::{count, id, name, time},
    messages::{filter_messages, messages_within},
    page::page,
    query::{Query, one, run},
};

const ATTEMPT: &str =
    "t.application, t.message, t.endpoint, t.id, t.at, t.duration, t.trigger, t.method, t.url,
     t.success, t.status, t.failure_kind, t.failure, t.response, t.key_number, t.profile";

/// A page of attempts, of a message or to an endpoint.
pub(super) fn page_of(
    conn: &Connection,
    application: ApplicationId,
    of: AttemptsOf,
    filter: &AttemptFilter,
    query: &PageQuery<AttemptId>,
) -> rusqlite::Result<Page<Attempt>> {
    let wanted = &filter.of_messages;
    let asks_message = wanted.channel.is_some()
        || wanted.tag.is_some()
        || wanted.event_types.is_some()
        || wanted.text.is_some();
    let join = "CROSS JOIN messages m ON m.application = t.application AND m.id = t.message";
    let (column, value, index) = match of {
        AttemptsOf::Message(id) => ("message", id.0, ""),
        AttemptsOf::Endpoint(id) if filter.success == Some(false) => {
            ("endpoint", id.0, "INDEXED BY attempts_failed")
        }
        AttemptsOf::Endpoint(id) => ("endpoint", id.0, "INDEXED BY attempts_of_endpoint"),
    };
    let join = if asks_message { join } else { "" };
    let mut list = Query::new(&format!("SELECT {ATTEMPT} FROM attempts t {index} {join}"));
    list.with(" WHERE t.application = ?", application.0.to_vec())
        .with(&format!(" AND t.{column} = ?"), value.to_vec())
        .with_some(" AND t.endpoint = ?", filter.endpoint.map(|id| id.0.to_vec()));
    // Not parameters: the index on failures holds only for a condition that can be seen to be its own.
    match filter.success {
        Some(true) => list.text(" AND t.success = 1"),
        Some(false) => list.text(" AND t.success = 0"),
        None => &mut list,
    };
    match filter.status_class {
        Some(0) => {
            list.text(" AND t.status = 0");
        }
        class => {
            list.with_some(" AND t.status >= ?", class.map(i64::from))
                .with_some(" AND t.status < ?", class.map(|class| i64::from(class) + 100));
        }
    }
    filter_messages(&mut list, wanted);
    messages_within(&mut list, "t.id", "t.at", wanted);
    page(conn, list, &["t.id"], query, read)
}

/// An attempt of a message.
pub(super) fn by_id(
    conn: &Connection,
    application: ApplicationId,
    message: MessageId,
    attempt: AttemptId,
) -> rusqlite::Result<Option<Attempt>> {
    let sql =
        format!("SELECT {ATTEMPT} FROM attempts t WHERE t.application = ? AND t.message = ? AND t.id = ?");
    one(conn, &sql, params![application.0, message.0, attempt.0], read)
}

/// Erases an attempt's response.
pub(super) fn expunge(
    tx: &Connection,
    application: ApplicationId,
    message: MessageId,
    attempt: AttemptId,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let sql = "UPDATE attempts SET response = NULL WHERE application = ? AND message = ? AND id = ?";
    if run(tx, sql, params![application.0, message.0, attempt.0])? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let failure: Option<String> = row.get(12)?;
    Ok(Attempt {
        delivery: DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? },
        id: id(row, 3)?,
        at: time(row, 4)?,
        duration: Duration::from_micros(count(row, 5)?),
        trigger: trigger(row, 6)?,
        method: name(row, 7)?,
        url: row.get(8)?,
        success: row.get(9)?,
        status: row.get(10)?,
        failure: row.get::<_, Option<String>>(11)?.zip(failure),
        response: row.get_ref(13)?.as_blob_or_null()?.map(Bytes::copy_from_slice),
        key_number: row.get(14)?,
        profile: ProfileHash(row.get(15)?),
    })
}
