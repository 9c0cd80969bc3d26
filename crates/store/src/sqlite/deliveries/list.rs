//! Lists of deliveries: by application, by endpoint, by message; and counts.

use fanfare_core::{
    delivery::Delivery,
    id::{ApplicationId, EndpointId, MessageId, first_id_at},
    ports::store::{DeliveredMessage, DeliveryCounts, DeliveryFilter, Destination, Page, PageQuery},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{DELIVERY, DELIVERY_COLUMNS, read_delivery};
use crate::sqlite::{
    applications::{ENDPOINT, read_endpoint},
    columns::count,
    fault::broken,
    messages::{MESSAGE, filter_messages, messages_within, read_message},
    page::page,
    query::{Query, all},
};

/// A page of an application's deliveries, by message and endpoint.
pub(super) fn of_application(
    conn: &Connection,
    application: ApplicationId,
    filter: &DeliveryFilter,
    query: &PageQuery<(MessageId, EndpointId)>,
) -> rusqlite::Result<Page<Delivery>> {
    // The index by endpoint has the messages in order too: it serves as well as the table itself.
    let index = if filter.endpoint.is_some() { "INDEXED BY deliveries_of_endpoint" } else { "" };
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY} FROM deliveries d {index}
         CROSS JOIN messages m ON m.application = d.application AND m.id = d.message"
    ));
    list.with(" WHERE d.application = ?", application.0.to_vec());
    narrow(&mut list, filter);
    page(conn, list, &["d.message", "d.endpoint"], query, |row| read_delivery(row, 0))
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
        ("p.bytes", "LEFT JOIN payloads p ON p.day = m.payload_expires_day AND p.message = m.id")
    } else {
        ("NULL", "")
    };
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY}, {MESSAGE}, {bytes} FROM deliveries d INDEXED BY deliveries_of_endpoint
         CROSS JOIN messages m ON m.application = d.application AND m.id = d.message {join}"
    ));
    list.with(" WHERE d.application = ?", application.0.to_vec());
    narrow(&mut list, &DeliveryFilter { endpoint: Some(endpoint), ..filter.clone() });
    page(conn, list, &["d.message"], query, |row| {
        let message = read_message(row, DELIVERY_COLUMNS)?;
        Ok(DeliveredMessage { message, delivery: read_delivery(row, 0)? })
    })
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
    if let Some(states) = &filter.states {
        list.with_any("d.state", states.iter().map(|state| i64::from(*state as u8)));
    }
    filter_messages(list, &filter.of_messages);
    messages_within(list, "d.message", "m.created_at", &filter.of_messages);
}
