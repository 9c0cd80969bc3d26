//! Lists of deliveries: by application, by endpoint, by message; and counts.

use fanfare_core::{
    delivery::{Delivery, DeliveryState},
    id::{ApplicationId, EndpointId, MessageId, first_id_at},
    ports::store::{DeliveredMessage, DeliveryCounts, DeliveryFilter, Destination, Page, PageQuery, Seek},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{DELIVERY, DELIVERY_COLUMNS, read_delivery};
use crate::sqlite::{
    applications::{ENDPOINT, read_endpoint},
    columns::count,
    fault::broken,
    messages::{MESSAGE, filter_messages, messages_within, read_message},
    page::{page, page_of_bytes},
    query::{Query, all},
};

/// A page of an application's deliveries, by message and endpoint.
pub(super) fn of_application(
    conn: &Connection,
    application: ApplicationId,
    filter: &DeliveryFilter,
    query: &PageQuery<(MessageId, EndpointId)>,
) -> rusqlite::Result<Page<Delivery>> {
    let index = if filter.endpoint.is_some() { index_of_endpoint(filter.states.as_deref()) } else { "" };
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY} FROM deliveries d {index}
         CROSS JOIN messages m ON m.application = d.application AND m.id = d.message"
    ));
    list.with(" WHERE d.application = ?", application.0.to_vec());
    narrow(&mut list, filter);
    match filter.message.and_then(|message| within_message(query, message)) {
        // Of one message only the endpoint is left to go by: comparing both would walk all later messages.
        Some(query) => page(conn, list, &["d.endpoint"], &query, |row| read_delivery(row, 0)),
        None => page(conn, list, &["d.message", "d.endpoint"], query, |row| read_delivery(row, 0)),
    }
}

/// The same page among the deliveries of one message; none if it begins at another one.
fn within_message(
    query: &PageQuery<(MessageId, EndpointId)>,
    only: MessageId,
) -> Option<PageQuery<EndpointId>> {
    let seek = match query.seek {
        None => None,
        Some(Seek::After((message, endpoint))) if message == only => Some(Seek::After(endpoint)),
        Some(Seek::Before((message, endpoint))) if message == only => Some(Seek::Before(endpoint)),
        Some(_) => return None,
    };
    Some(PageQuery { seek, descending: query.descending, limit: query.limit })
}

/// The index that lists an endpoint's deliveries by message: of all, or only of those given up.
pub(in crate::sqlite) fn index_of_endpoint(states: Option<&[DeliveryState]>) -> &'static str {
    if given_up_only(states) { "INDEXED BY deliveries_given_up" } else { "INDEXED BY deliveries_of_endpoint" }
}

/// What the partial index says of itself, in the same words, where only what it holds is asked for.
pub(in crate::sqlite) fn condition_of_index(states: Option<&[DeliveryState]>) -> &'static str {
    if given_up_only(states) { " AND d.state >= 4" } else { "" }
}

fn given_up_only(states: Option<&[DeliveryState]>) -> bool {
    let given_up = |state: &DeliveryState| !state.is_waiting() && *state != DeliveryState::Succeeded;
    states.is_some_and(|states| !states.is_empty() && states.iter().all(given_up))
}

/// A page of the messages that went to an endpoint, by message.
pub(super) fn of_endpoint(
    conn: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
    filter: &DeliveryFilter,
    query: &PageQuery<MessageId>,
    with_payload: bool,
) -> rusqlite::Result<Page<DeliveredMessage>> {
    let (bytes, join) = if with_payload {
        ("p.bytes", "LEFT JOIN payloads p ON p.place = m.payload_place")
    } else {
        ("NULL", "")
    };
    let index = index_of_endpoint(filter.states.as_deref());
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY}, {MESSAGE}, {bytes} FROM deliveries d {index}
         CROSS JOIN messages m ON m.application = d.application AND m.id = d.message {join}"
    ));
    list.with(" WHERE d.application = ?", application.0.to_vec());
    narrow(&mut list, &DeliveryFilter { endpoint: Some(endpoint), ..filter.clone() });
    let read = |row: &Row<'_>| {
        let message = read_message(row, DELIVERY_COLUMNS)?;
        Ok(DeliveredMessage { message, delivery: read_delivery(row, 0)? })
    };
    page_of_bytes(conn, list, &["d.message"], query, read, |item| item.message.payload.len())
}

/// A page of the endpoints that a message went to, deleted ones included.
pub(super) fn destinations(
    conn: &Connection,
    application: ApplicationId,
    message: MessageId,
    query: &PageQuery<EndpointId>,
) -> rusqlite::Result<Page<Destination>> {
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY}, {ENDPOINT} FROM deliveries d
         CROSS JOIN endpoints e ON e.application = d.application AND e.id = d.endpoint"
    ));
    list.with(" WHERE d.application = ?", application.0.to_vec())
        .with(" AND d.message = ?", message.0.to_vec());
    page(conn, list, &["d.endpoint"], query, |row| {
        let endpoint = read_endpoint(row, DELIVERY_COLUMNS)?;
        Ok(Destination { endpoint, delivery: read_delivery(row, 0)? })
    })
}

/// An endpoint's deliveries by state, of messages whose ids lie in a window of time.
pub(super) fn counts(
    conn: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
    from: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<DeliveryCounts> {
    let sql = "SELECT state, count(*) FROM deliveries INDEXED BY deliveries_of_endpoint
               WHERE application = ? AND endpoint = ? AND message >= ? AND message < ? GROUP BY state";
    let values = params![application.0, endpoint.0, first_id_at(from), first_id_at(until)];
    let mut counts = DeliveryCounts::default();
    for (state, rows) in all(conn, sql, values, |row| Ok((row.get::<_, u8>(0)?, count(row, 1)?)))? {
        *counts.0.get_mut(usize::from(state)).ok_or_else(|| broken("an unknown delivery state"))? = rows;
    }
    Ok(counts)
}

fn narrow(list: &mut Query, filter: &DeliveryFilter) {
    list.with_some(" AND d.endpoint = ?", filter.endpoint.map(|id| id.0.to_vec()))
        .with_some(" AND d.message = ?", filter.message.map(|id| id.0.to_vec()));
    list.text(condition_of_index(filter.states.as_deref()));
    if let Some(states) = &filter.states {
        list.with_any("d.state", states.iter().map(|state| i64::from(*state as u8)));
    }
    filter_messages(list, &filter.of_messages);
    messages_within(list, "d.message", "m.created_at", &filter.of_messages);
}
