//! Reading messages, with or without their payloads.

use std::time::Duration;

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EndpointId, MessageId, first_id_at},
    message::{Message, Payload, ProfileHash},
    ports::store::{MessageFilter, Page, PageQuery},
};
use tokio_postgres::Row;

use crate::postgres::{
    columns::{bytes, free_text, get, id, length, maybe_id, maybe_name, maybe_time, name, set, time},
    connection::Tx,
    fault::{Done, broken},
    page::page_of_bytes,
    query::{Query, one, values},
};

/// The columns that [`message`] reads, of the table `m`; the payload, or NULL, must follow.
pub(in crate::postgres) const MESSAGE: &str =
    "m.application, m.id, m.environment, m.event_type, m.event_id, m.channels, m.tags, m.created_at,
     m.deliver_at, m.expires_at, m.ordering_key, m.only_endpoint, m.profile, m.payload, m.payload_expires_day,
     m.replace_key, m.supersedes";

const PAYLOAD_JSON: i16 = 0;
const PAYLOAD_RAW: i16 = 1;
/// What `messages.payload` says of one that was erased on request.
pub(in crate::postgres) const PAYLOAD_EXPUNGED: i16 = 2;

/// How far an id's time and the message's own may differ: ids never run backwards, but a clock can be set back.
const CLOCK_STEP: Duration = Duration::from_secs(600);

/// What `messages.payload` says.
pub(super) fn payload_kind(payload: &Payload) -> i16 {
    match payload {
        Payload::Json(_) => PAYLOAD_JSON,
        Payload::Raw(_) => PAYLOAD_RAW,
        Payload::Expunged => PAYLOAD_EXPUNGED,
    }
}

/// Reads a message whose columns begin at `first`.
pub(in crate::postgres) fn message(row: &Row, first: usize) -> Done<Message> {
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
        profile: ProfileHash(bytes(row, first + 12)?),
        payload: payload(row, first + 13, first + 17)?,
        payload_expires_day: get(row, first + 14)?,
        replace_key: maybe_name(row, first + 15)?,
        supersedes: get(row, first + 16)?,
    })
}

fn payload(row: &Row, kind: usize, place: usize) -> Done<Payload> {
    let Some(bytes) = get::<Option<&[u8]>>(row, place)? else { return Ok(Payload::Expunged) };
    let bytes = Bytes::copy_from_slice(bytes);
    match get::<i16>(row, kind)? {
        PAYLOAD_JSON => Ok(Payload::Json(bytes)),
        PAYLOAD_RAW => Ok(Payload::Raw(bytes)),
        PAYLOAD_EXPUNGED => Ok(Payload::Expunged),
        other => Err(broken(format!("unknown kind of payload {other}"))),
    }
}

/// A message of an application that was not deleted.
pub(super) async fn by_id(
    tx: &Tx,
    application: ApplicationId,
    message_id: MessageId,
    with_payload: bool,
) -> Done<Option<Message>> {
    let values = values![application.0, message_id.0];
    one(tx, &format!("{} AND m.id = $2", select(with_payload, "$1")), values, |row| message(row, 0)).await
}

/// A page of an application's messages.
pub(super) async fn page_of(
    tx: &Tx,
    application: ApplicationId,
    wanted: &MessageFilter,
    query: &PageQuery<MessageId>,
    with_payload: bool,
) -> Done<Page<Message>> {
    let mut list = Query::new("");
    list.with(&select(with_payload, "?"), application.0);
    filter(&mut list, wanted);
    within(&mut list, "m.id", "m.created_at", wanted);
    page_of_bytes(tx, list, &["m.id"], query, |row| message(row, 0), |message| message.payload.len()).await
}

/// The column of the payload, of the table `m`; without it nothing is read of where large ones lie.
pub(in crate::postgres) fn payload_column(with_payload: bool) -> &'static str {
    if with_payload { "m.bytes" } else { "NULL::bytea" }
}

/// `SELECT …` of the messages of one application (its parameter), if it was not deleted.
fn select(with_payload: bool, parameter: &str) -> String {
    let bytes = payload_column(with_payload);
    format!(
        "SELECT {MESSAGE}, {bytes} FROM messages m WHERE m.application = {parameter}
         AND EXISTS (SELECT 1 FROM applications a WHERE a.id = m.application AND a.deleted_at IS NULL)"
    )
}

/// Adds the conditions on a message's own attributes, except its time.
pub(in crate::postgres) fn filter(query: &mut Query, wanted: &MessageFilter) {
    let member = |name: &str| format!(",{name},");
    query
        .with_some(
            " AND strpos(m.channels, ?) > 0",
            wanted.channel.as_ref().map(|name| member(name.as_str())),
        )
        .with_some(" AND strpos(m.tags, ?) > 0", wanted.tag.as_ref().map(|name| member(name.as_str())))
        .with_some(
            " AND strpos(concat_ws(chr(10), m.event_id, m.tags, m.ordering_key, m.replace_key), ?) > 0",
            wanted.text.as_deref().map(free_text),
        );
    if let Some(types) = &wanted.event_types {
        let types: Vec<_> = types.iter().map(|name| name.as_str().to_owned()).collect();
        query.with_any("m.event_type", types);
    }
}

/// Adds the conditions on a time, and on the ids that things of this time can have: the list is ordered by
/// id, so that what lies outside is not even looked at.
pub(in crate::postgres) fn within(query: &mut Query, id: &str, at: &str, wanted: &MessageFilter) {
    query
        .with_some(&format!(" AND {at} >= ?"), wanted.after)
        .with_some(&format!(" AND {at} < ?"), wanted.before);
    ids_within(query, id, wanted);
}

/// Adds only the conditions on ids: what they leave in may still be a little outside of the time.
pub(in crate::postgres) fn ids_within(query: &mut Query, id: &str, wanted: &MessageFilter) {
    let (after, before) = (wanted.after, wanted.before);
    query
        .with_some(&format!(" AND {id} >= ?"), wanted.oldest.map(|id| id.0))
        .with_some(&format!(" AND {id} >= ?"), after.map(|time| first_id_at(time - CLOCK_STEP)))
        .with_some(&format!(" AND {id} < ?"), before.map(|time| first_id_at(time + CLOCK_STEP)));
}

/// The id of the message that follows `rows` others towards older ones.
pub(super) async fn horizon(
    tx: &Tx,
    application: ApplicationId,
    endpoint: Option<EndpointId>,
    from: Option<MessageId>,
    rows: usize,
) -> Done<Option<MessageId>> {
    let (mut query, key) = match endpoint {
        None => (Query::new("SELECT id FROM messages"), "id"),
        Some(_) => (Query::new("SELECT message FROM deliveries"), "message"),
    };
    query.with(" WHERE application = ?", application.0);
    query.with_some(" AND endpoint = ?", endpoint.map(|id| id.0));
    query.with_some(&format!(" AND {key} < ?"), from.map(|id| id.0));
    query.text(&format!(" ORDER BY {key} DESC LIMIT 1")).with(" OFFSET ?", length(rows));
    Ok(query.rows(tx, |row| id(row, 0)).await?.pop())
}
