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
use tokio_postgres::Row;

use crate::postgres::{
    columns::{count, get, id, length, maybe_name, maybe_time, name, time},
    connection::Tx,
    deliveries::{condition_of_index, reason, state},
    fault::Done,
    messages::ids_within,
    query::{Query, one, values},
};

/// The next piece of a selection: at most `limit` deliveries, from 1.
pub(super) async fn choose(
    tx: &Tx,
    application: ApplicationId,
    selection: &Selection,
    after: Option<ReplayCursor>,
    limit: usize,
) -> Done<Chosens> {
    let (mut items, mut looked, mut last) = (Vec::new(), 0, after);
    let read = |row: &Row| {
        let key = (id(row, 0)?, id(row, 1)?);
        let chosen = if is_wanted(row, key.1, selection)? { chosen(row, key, selection)? } else { None };
        Ok((key, chosen))
    };
    let mut ended = true;
    for (key, chosen) in rows(application, selection, after).rows(tx, read).await? {
        if items.len() >= limit || looked >= REPLAY_SCAN {
            ended = false;
            break;
        }
        looked += 1;
        last = Some(key);
        items.extend(chosen);
    }
    Ok(Chosens { items, after: last.filter(|_| !ended) })
}

/// The next deliveries that follow the cursor in the window, one more than are looked at, with what else is to
/// be known of each; where there is only one endpoint, its own.
fn rows(application: ApplicationId, selection: &Selection, after: Option<ReplayCursor>) -> Query {
    let only = selection.endpoints.as_ref().filter(|endpoints| endpoints.len() == 1);
    let only = only.and_then(|endpoints| endpoints.first());
    let states = only.map(|_| selection.states.as_slice());
    let mut rows = Query::new(
        "SELECT d.message, d.endpoint, d.state, d.reason, e.id IS NOT NULL, m.created_at, m.event_type,
             m.ordering_key, m.expires_at, m.bytes IS NULL, EXISTS
                 (SELECT 1 FROM dedupe x
                  WHERE x.application = d.application AND x.kind = 2
                      AND x.key = convert_to(m.replace_key, 'UTF8') AND x.message <> d.message)
         FROM (SELECT d.application, d.message, d.endpoint, d.state, d.reason FROM deliveries d",
    );
    rows.with(" WHERE d.application = ?", application.0).text(condition_of_index(states));
    rows.with_some(" AND d.endpoint = ?", only.map(|endpoint| endpoint.0));
    let window = MessageFilter {
        after: Some(selection.since),
        before: Some(selection.until),
        ..MessageFilter::default()
    };
    ids_within(&mut rows, "d.message", &window);
    match (after, only) {
        (None, _) => {}
        (Some((message, _)), Some(_)) => {
            rows.with(" AND d.message > ?", message.0);
        }
        (Some((message, endpoint)), None) => {
            rows.with(" AND (d.message, d.endpoint) > (?", message.0);
            rows.with(", ?)", endpoint.0);
        }
    }
    rows.with(" ORDER BY d.message, d.endpoint LIMIT ?", length(REPLAY_SCAN) + 1).text(
        ") d JOIN messages m ON m.application = d.application AND m.id = d.message
         LEFT JOIN endpoints e ON e.application = d.application AND e.id = d.endpoint AND e.deleted_at IS NULL
         ORDER BY d.message, d.endpoint",
    );
    rows
}

fn is_wanted(row: &Row, endpoint: EndpointId, selection: &Selection) -> Done<bool> {
    let wanted = selection.endpoints.as_ref().is_none_or(|endpoints| endpoints.contains(&endpoint));
    Ok(wanted && selection.states.contains(&state(row, 2)?))
}

/// What is to be known of a delivery; none if its message is of another type or time, or its endpoint was
/// deleted.
fn chosen(
    row: &Row,
    (message, endpoint): (MessageId, EndpointId),
    selection: &Selection,
) -> Done<Option<Chosen>> {
    let in_time = (selection.since..selection.until).contains(&time(row, 5)?);
    if !in_time || !get::<bool>(row, 4)? {
        return Ok(None);
    }
    let event_type = name(row, 6)?;
    if selection.event_types.as_ref().is_some_and(|types| !types.contains(&event_type)) {
        return Ok(None);
    }
    Ok(Some(Chosen {
        message,
        endpoint,
        event_type,
        ordering_key: maybe_name(row, 7)?,
        expires_at: maybe_time(row, 8)?,
        superseded: reason(row, 3)? == Some(EndReason::Superseded) || get(row, 10)?,
        payload_gone: get(row, 9)?,
    }))
}

/// How many deliveries are due at an endpoint and unowned, behind others of their order too.
pub(super) async fn due_at(
    tx: &Tx,
    application: ApplicationId,
    endpoint: EndpointId,
    now: Timestamp,
    most: usize,
) -> Done<usize> {
    // Each half has an index of its own.
    let due = "FROM deliveries WHERE application = $1 AND endpoint = $2 AND owner IS NULL AND state <= 2
                   AND due <= $3";
    let sql = format!(
        "SELECT count(*) FROM ((SELECT 1 {due} AND NOT blocked LIMIT $4)
             UNION ALL (SELECT 1 {due} AND blocked AND ordering IS NOT NULL LIMIT $4)) AS found"
    );
    let values = values![application.0, endpoint.0, now, length(most)];
    let found = one(tx, &sql, values, |row| count::<usize>(row, 0)).await?;
    Ok(found.unwrap_or_default().min(most))
}
