//! Reading messages, with or without their payloads.

use std::time::Duration;

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EndpointId, MessageId, first_id_at},
    message::{Message, Payload, ProfileHash},
    ports::store::{MessageFilter, Page, PageQuery},
};
use rusqlite::{Connection, Row, params};

use crate::sqlite::{
    columns::{id, length, maybe_id, maybe_name, maybe_time, name, set, time},
    fault::broken,
    page::page_of_bytes,
    query::{Query, one},
};

/// The columns that [`message`] reads, of the table `m`; the payload, or NULL, must follow.
pub(in crate::sqlite) const MESSAGE: &str =
    "m.application, m.id, m.environment, m.event_type, m.event_id, m.channels, m.tags, m.created_at,
     m.deliver_at, m.expires_at, m.ordering_key, m.only_endpoint, m.profile, m.payload, m.payload_expires_day,
     m.replace_key, m.supersedes";

const PAYLOAD_JSON: i64 = 0;
const PAYLOAD_RAW: i64 = 1;
/// What `messages.payload` says of one that was erased on request.
pub(in crate::sqlite) const PAYLOAD_EXPUNGED: i64 = 2;

/// How far an id's time and the message's own may differ: ids never run backwards, but a clock can be set back.
const CLOCK_STEP: Duration = Duration::from_secs(600);

/// What `messages.payload` says.
pub(super) fn payload_kind(payload: &Payload) -> i64 {
    match payload {
        Payload::Json(_) => PAYLOAD_JSON,
        Payload::Raw(_) => PAYLOAD_RAW,
        Payload::Expunged => PAYLOAD_EXPUNGED,
    }
}

/// Reads a message whose columns begin at `first`.
pub(in crate::sqlite) fn message(row: &Row<'_>, first: usize) -> rusqlite::Result<Message> {
    Ok(Message {
        application: id(row, first)?,
        id: id(row, first + 1)?,
        environment: id(row, first + 2)?,
        event_type: name(row, first + 3)?,
        event_id: maybe_name(row, first + 4)?,
        channels: set(row, first + 5)?,
        tags: set(row, first + 6)?,
        created_at: time(row, first + 7)?,
        deliver_at: maybe_time(row, first + 8)?,
        expires_at: maybe_time(row, first + 9)?,
        ordering_key: maybe_name(row, first + 10)?,
        only: maybe_id(row, first + 11)?,
        profile: ProfileHash(row.get(first + 12)?),
        payload: payload(row, first + 13, first + 17)?,
        payload_expires_day: row.get(first + 14)?,
        replace_key: maybe_name(row, first + 15)?,
        supersedes: row.get(first + 16)?,
    })
}

fn payload(row: &Row<'_>, kind: usize, bytes: usize) -> rusqlite::Result<Payload> {
    let Some(bytes) = row.get_ref(bytes)?.as_blob_or_null()? else { return Ok(Payload::Expunged) };
    let bytes = Bytes::copy_from_slice(bytes);
    match row.get::<_, i64>(kind)? {
        PAYLOAD_JSON => Ok(Payload::Json(bytes)),
        PAYLOAD_RAW => Ok(Payload::Raw(bytes)),
        PAYLOAD_EXPUNGED => Ok(Payload::Expunged),
        other => Err(broken(format!("unknown kind of payload {other}"))),
    }
}

/// A message of an application that was not deleted.
pub(super) fn by_id(
    conn: &Connection,
    application: ApplicationId,
    message_id: MessageId,
    with_payload: bool,
) -> rusqlite::Result<Option<Message>> {
    let values = params![application.0, message_id.0];
    one(conn, &format!("{} AND m.id = ?", select(with_payload)), values, |row| message(row, 0))
}

/// A page of an application's messages.
pub(super) fn page_of(
    conn: &Connection,
    application: ApplicationId,
    wanted: &MessageFilter,
    query: &PageQuery<MessageId>,
    with_payload: bool,
) -> rusqlite::Result<Page<Message>> {
    let mut list = Query::new("");
    list.with(&select(with_payload), application.0.to_vec());
    filter(&mut list, wanted);
    within(&mut list, "m.id", "m.created_at", wanted);
    page_of_bytes(conn, list, &["m.id"], query, |row| message(row, 0), |message| message.payload.len())
}

/// `SELECT …` of the messages of one application (its parameter), if it was not deleted.
fn select(with_payload: bool) -> String {
    let (bytes, join) = if with_payload {
        ("p.bytes", "LEFT JOIN payloads p ON p.place = m.payload_place")
    } else {
        ("NULL", "")
    };
    format!(
        "SELECT {MESSAGE}, {bytes} FROM messages m {join} WHERE m.application = ?
         AND EXISTS (SELECT 1 FROM applications a WHERE a.id = m.application AND a.deleted_at IS NULL)"
    )
}

/// Adds the conditions on a message's own attributes, except its time.
pub(in crate::sqlite) fn filter(query: &mut Query, wanted: &MessageFilter) {
    let member = |name: &str| format!(",{name},");
    query
        .with_some(" AND instr(m.channels, ?) > 0", wanted.channel.as_ref().map(|name| member(name.as_str())))
        .with_some(" AND instr(m.tags, ?) > 0", wanted.tag.as_ref().map(|name| member(name.as_str())))
        .with_some(
            " AND instr(concat_ws(char(10), m.event_id, m.tags, m.ordering_key, m.replace_key), ?) > 0",
            wanted.text.clone(),
        );
    if let Some(types) = &wanted.event_types {
        query.with_any("m.event_type", types.iter().map(|name| name.as_str().to_owned()));
    }
}

/// Adds the conditions on a time, and on the ids that things of this time can have: the list is ordered by
/// id, so that what lies outside is not even looked at.
pub(in crate::sqlite) fn within(query: &mut Query, id: &str, at: &str, wanted: &MessageFilter) {
    query
        .with_some(&format!(" AND {at} >= ?"), wanted.after.map(|time| time.0))
        .with_some(&format!(" AND {at} < ?"), wanted.before.map(|time| time.0));
    ids_within(query, id, wanted);
}

/// Adds only the conditions on ids: what they leave in may still be a little outside of the time.
pub(in crate::sqlite) fn ids_within(query: &mut Query, id: &str, wanted: &MessageFilter) {
    let (after, before) = (wanted.after, wanted.before);
    query
        .with_some(&format!(" AND {id} >= ?"), wanted.oldest.map(|id| id.0.to_vec()))
        .with_some(&format!(" AND {id} >= ?"), after.map(|time| first_id_at(time - CLOCK_STEP).to_vec()))
        .with_some(&format!(" AND {id} < ?"), before.map(|time| first_id_at(time + CLOCK_STEP).to_vec()));
}

/// The id of the message that follows `rows` others towards older ones.
pub(super) fn horizon(
    conn: &Connection,
    application: ApplicationId,
    endpoint: Option<EndpointId>,
    from: Option<MessageId>,
    rows: usize,
) -> rusqlite::Result<Option<MessageId>> {
    let (mut query, key) = match endpoint {
        None => (Query::new("SELECT id FROM messages"), "id"),
        Some(_) => {
            (Query::new("SELECT message FROM deliveries INDEXED BY deliveries_of_endpoint"), "message")
        }
    };
    query.with(" WHERE application = ?", application.0.to_vec());
    query.with_some(" AND endpoint = ?", endpoint.map(|id| id.0.to_vec()));
    query.with_some(&format!(" AND {key} < ?"), from.map(|id| id.0.to_vec()));
    query.text(&format!(" ORDER BY {key} DESC LIMIT 1")).with(" OFFSET ?", length(rows));
    Ok(query.rows(conn, |row| id(row, 0))?.pop())
}
