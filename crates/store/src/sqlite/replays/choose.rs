//! The deliveries of a selection, piece by piece: however few of them there are among millions, a piece looks
//! at a bounded number of rows.

use fanfare_core::{
    delivery::EndReason,
    id::{ApplicationId, EndpointId, MessageId},
    limits::REPLAY_SCAN,
    ports::store::{Chosens, MessageFilter},
    replay::{Chosen, ReplayCursor, Selection},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use crate::sqlite::{
    columns::{count, id, length, maybe_name, maybe_time, name, time},
    deliveries::{condition_of_index, index_of_endpoint, reason, state},
    messages::ids_within,
    query::{Query, one},
    superseding::is_superseded,
};

/// The next piece of a selection: at most `limit` deliveries, from 1.
pub(super) fn choose(
    conn: &Connection,
    application: ApplicationId,
    selection: &Selection,
    after: Option<ReplayCursor>,
    limit: usize,
) -> rusqlite::Result<Chosens> {
    let (mut items, mut looked, mut last) = (Vec::new(), 0, after);
    let ended = rows(application, selection, after).walk(conn, |row| {
        if items.len() >= limit || looked >= REPLAY_SCAN {
            return Ok(false);
        }
        looked += 1;
        let key = (id(row, 0)?, id(row, 1)?);
        last = Some(key);
        if is_wanted(row, key.1, selection)? {
            items.extend(chosen(conn, application, key, reason(row, 3)?, selection)?);
        }
        Ok(true)
    })?;
    Ok(Chosens { items, after: last.filter(|_| !ended) })
}

/// All deliveries that follow the cursor in the window; where there is only one endpoint, its own.
fn rows(application: ApplicationId, selection: &Selection, after: Option<ReplayCursor>) -> Query {
    let only = selection.endpoints.as_ref().filter(|endpoints| endpoints.len() == 1);
    let only = only.and_then(|endpoints| endpoints.first());
    let states = only.map(|_| selection.states.as_slice());
    let index = states.map_or("", |states| index_of_endpoint(Some(states)));
    let mut rows =
        Query::new(&format!("SELECT d.message, d.endpoint, d.state, d.reason FROM deliveries d {index}"));
    rows.with(" WHERE d.application = ?", application.0.to_vec()).text(condition_of_index(states));
    rows.with_some(" AND d.endpoint = ?", only.map(|endpoint| endpoint.0.to_vec()));
    let window = MessageFilter {
        after: Some(selection.since),
        before: Some(selection.until),
        ..MessageFilter::default()
    };
    ids_within(&mut rows, "d.message", &window);
    match (after, only) {
        (None, _) => {}
        (Some((message, _)), Some(_)) => {
            rows.with(" AND d.message > ?", message.0.to_vec());
        }
        (Some((message, endpoint)), None) => {
            rows.with(" AND (d.message, d.endpoint) > (?", message.0.to_vec());
            rows.with(", ?)", endpoint.0.to_vec());
        }
    }
    rows.text(" ORDER BY d.message, d.endpoint");
    rows
}

fn is_wanted(row: &Row<'_>, endpoint: EndpointId, selection: &Selection) -> rusqlite::Result<bool> {
    let wanted = selection.endpoints.as_ref().is_none_or(|endpoints| endpoints.contains(&endpoint));
    Ok(wanted && selection.states.contains(&state(row, 2)?))
}

/// What else is to be known of a delivery; none if its message is of another type or time, or its endpoint
/// was deleted.
fn chosen(
    conn: &Connection,
    application: ApplicationId,
    (message, endpoint): (MessageId, EndpointId),
    reason: Option<EndReason>,
    selection: &Selection,
) -> rusqlite::Result<Option<Chosen>> {
    let sql = "SELECT m.created_at, m.event_type, m.ordering_key, m.expires_at, p.place IS NULL,
                   m.replace_key
               FROM messages m
               JOIN endpoints e ON e.application = m.application AND e.id = ?3 AND e.deleted_at IS NULL
               LEFT JOIN payloads p ON p.place = m.payload_place
               WHERE m.application = ?1 AND m.id = ?2";
    let found = one(conn, sql, params![application.0, message.0, endpoint.0], |row| {
        let in_time = (selection.since..selection.until).contains(&time(row, 0)?);
        let chosen = Chosen {
            message,
            endpoint,
            event_type: name(row, 1)?,
            ordering_key: maybe_name(row, 2)?,
            expires_at: maybe_time(row, 3)?,
            superseded: reason == Some(EndReason::Superseded)
                || is_superseded(conn, application, message, maybe_name(row, 5)?.as_ref())?,
            payload_gone: row.get(4)?,
        };
        Ok((in_time, chosen))
    })?;
    let of_type = |chosen: &Chosen| {
        selection.event_types.as_ref().is_none_or(|types| types.contains(&chosen.event_type))
    };
    Ok(found.filter(|(in_time, chosen)| *in_time && of_type(chosen)).map(|(_, chosen)| chosen))
}

/// How many deliveries are due at an endpoint and unowned, behind others of their order too.
pub(super) fn due_at(
    conn: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
    now: Timestamp,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM
                   (SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
                    WHERE owner IS NULL AND blocked IN (0, 1) AND application = ? AND endpoint = ? AND state <= 2
                        AND due <= ? LIMIT ?)";
    let found = one(conn, sql, params![application.0, endpoint.0, now.0, length(most)], |row| count(row, 0))?;
    Ok(usize::try_from(found.unwrap_or_default()).unwrap_or(most))
}
