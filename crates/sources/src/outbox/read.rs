//! Rows of the outbox as events.

use std::{collections::BTreeSet, str::FromStr, time::Duration};

use bytes::Bytes;
use fanfare_core::{
    limits::{MESSAGE_BODY_BYTES, MESSAGE_TAGS, NAME_CHARS, SOURCE_BATCH, SOURCE_BATCH_BYTES},
    name::InvalidName,
    time::Timestamp,
};
use fanfare_engine::accept::Draft;
use sha2::{Digest as _, Sha256};
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};

use crate::source::{Content, Event, SourceError};

/// The first rows, as many as one batch may have. `settled` says that every transaction that was open when the row's
/// began has ended; a row whose transaction lies ahead of this cluster was written in another one (a restored
/// dump) and is settled as well. What is too large to be accepted is not even read, and no value that a column
/// can hold makes the statement fail.
pub(super) const PULL: &str = "
    WITH first AS (
        SELECT id, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS before
        FROM (SELECT id, payload FROM fanfare.outbox ORDER BY id LIMIT $1::bigint) AS heads
    ), now AS (SELECT pg_current_snapshot() AS snapshot)
    SELECT o.id, o.uid::text AS uid, left(o.application, $4::int) AS application,
        left(o.event_type, $4::int) AS event_type, left(o.event_id, $4::int) AS event_id,
        left(o.ordering_key, $4::int) AS ordering_key, left(o.replace_key, $4::int) AS replace_key,
        CASE WHEN o.channels IS NOT NULL
            THEN ARRAY(SELECT DISTINCT left(one, $4::int) FROM unnest(o.channels) AS one LIMIT $5::bigint) END AS channels,
        CASE WHEN o.tags IS NOT NULL
            THEN ARRAY(SELECT DISTINCT left(one, $4::int) FROM unnest(o.tags) AS one LIMIT $5::bigint) END AS tags,
        CASE WHEN octet_length(o.payload) <= $3::bigint THEN o.payload END AS payload,
        CASE WHEN o.deliver_at IS NOT NULL THEN
            (extract(epoch FROM least(greatest(o.deliver_at, '0001-01-01'), '9999-01-01')) * 1000000)::bigint
        END AS deliver_at,
        CASE WHEN o.expires_at IS NOT NULL THEN
            (extract(epoch FROM least(greatest(o.expires_at, '0001-01-01'), '9999-01-01')) * 1000000)::bigint
        END AS expires_at,
        o.xid < pg_snapshot_xmin(now.snapshot) OR o.xid >= pg_snapshot_xmax(now.snapshot) AS settled,
        extract(epoch FROM clock_timestamp() - o.published_at)::float8 AS age
    FROM first JOIN fanfare.outbox o USING (id), now
    WHERE first.before < $2::bigint
    ORDER BY o.id";

/// The parameters of [`PULL`].
pub(super) fn bounds() -> [&'static (dyn ToSql + Sync); 5] {
    const BATCH: [i64; 3] = [SOURCE_BATCH as i64, SOURCE_BATCH_BYTES as i64, MESSAGE_BODY_BYTES as i64];
    // One more than can be accepted: what is cut off is refused all the same.
    const CHARACTERS: i32 = NAME_CHARS as i32 + 1;
    const LABELS: i64 = MESSAGE_TAGS as i64 + 1;
    [&BATCH[0], &BATCH[1], &BATCH[2], &CHARACTERS, &LABELS]
}

/// How long the oldest row waits.
pub(super) fn age(rows: &[Row]) -> Duration {
    let age = rows.first().and_then(|row| row.try_get::<_, f64>("age").ok());
    Duration::try_from_secs_f64(age.unwrap_or_default()).unwrap_or_default()
}

/// The events of these rows, up to the first that is not settled yet.
pub(super) fn events(rows: &[Row]) -> Result<Vec<Event<i64>>, SourceError> {
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        if !column::<bool>(row, "settled")? {
            break;
        }
        let uid: String = column(row, "uid")?;
        let key = Sha256::new().chain_update("fanfare outbox\0").chain_update(&uid).finalize().into();
        events.push(Event { handle: column(row, "id")?, key, content: content(row)? });
    }
    Ok(events)
}

/// What a row says. The outer error is that of a table that is not as it was made.
fn content(row: &Row) -> Result<Result<Content, String>, SourceError> {
    let fields = Fields {
        event_type: column(row, "event_type")?,
        payload: column(row, "payload")?,
        event_id: column(row, "event_id")?,
        ordering_key: column(row, "ordering_key")?,
        channels: column(row, "channels")?,
        tags: column(row, "tags")?,
        deliver_at: column(row, "deliver_at")?,
        expires_at: column(row, "expires_at")?,
        replace_key: column(row, "replace_key")?,
    };
    let application = column(row, "application")?;
    Ok(fields.draft().map(|draft| Content { application, draft }))
}

fn column<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T, SourceError> {
    row.try_get(name).map_err(|error| SourceError(format!("the outbox is not as it was installed: {error}")))
}

struct Fields {
    event_type: String,
    payload: Option<String>,
    event_id: Option<String>,
    ordering_key: Option<String>,
    channels: Option<Vec<Option<String>>>,
    tags: Option<Vec<Option<String>>>,
    deliver_at: Option<i64>,
    expires_at: Option<i64>,
    replace_key: Option<String>,
}

impl Fields {
    fn draft(self) -> Result<Draft, String> {
        let payload =
            self.payload.ok_or_else(|| format!("the payload has more than {MESSAGE_BODY_BYTES} bytes"))?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&payload) {
            return Err(format!("the payload is no JSON: {error}"));
        }
        let payload = payload.trim_ascii();
        Ok(Draft {
            event_type: name("event_type", &self.event_type)?,
            event_id: optional("event_id", self.event_id)?,
            channels: several("channels", self.channels)?,
            tags: several("tags", self.tags)?,
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            payload_retention_days: None,
            deliver_at: self.deliver_at.map(Timestamp),
            delay_seconds: None,
            expires_at: self.expires_at.map(Timestamp),
            ordering_key: optional("ordering_key", self.ordering_key)?,
            replace_key: optional("replace_key", self.replace_key)?,
        })
    }
}

fn name<N: FromStr<Err = InvalidName>>(field: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|error| format!("{field}: {error}"))
}

fn optional<N: FromStr<Err = InvalidName>>(field: &str, text: Option<String>) -> Result<Option<N>, String> {
    text.map(|text| name(field, &text)).transpose()
}

fn several<N: FromStr<Err = InvalidName> + Ord>(
    field: &str,
    texts: Option<Vec<Option<String>>>,
) -> Result<Option<BTreeSet<N>>, String> {
    let one = |text: Option<String>| match text {
        Some(text) => name(field, &text),
        None => Err(format!("{field}: one of them is null")),
    };
    texts.map(|texts| texts.into_iter().map(one).collect()).transpose()
}
