//! Lists of deliveries: by application, by endpoint, by message; and counts.

use fanfare_core::{
    delivery::{Delivery, DeliveryState},
    id::{ApplicationId, EndpointId, MessageId, first_id_at},
    ports::store::{DeliveredMessage, DeliveryCounts, DeliveryFilter, Destination, Page, PageQuery, Seek},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{DELIVERY, DELIVERY_COLUMNS, read_delivery};
use crate::postgres::{
    applications::{ENDPOINT, read_endpoint},
    columns::{count, small},
    connection::Tx,
    fault::{Done, broken},
    messages::{MESSAGE, filter_messages, messages_within, payload_column, read_message},
    page::{page, page_of_bytes},
    query::{Query, all, values},
};

/// A page of an application's deliveries, by message and endpoint.
pub(super) async fn of_application(
    tx: &Tx,
    application: ApplicationId,
    filter: &DeliveryFilter,
    query: &PageQuery<(MessageId, EndpointId)>,
) -> Done<Page<Delivery>> {
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY} FROM deliveries d
         JOIN messages m ON m.application = d.application AND m.id = d.message"
    ));
    list.with(" WHERE d.application = ?", application.0);
    narrow(&mut list, filter);
    match filter.message.and_then(|message| within_message(query, message)) {
        // Of one message only the endpoint is left to go by: comparing both would walk all later messages.
        Some(query) => page(tx, list, &["d.endpoint"], &query, |row| read_delivery(row, 0)).await,
        None => page(tx, list, &["d.message", "d.endpoint"], query, |row| read_delivery(row, 0)).await,
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

/// What the partial index says of itself, in the same words, where only what it holds is asked for.
pub(in crate::postgres) fn condition_of_index(states: Option<&[DeliveryState]>) -> &'static str {
    if given_up_only(states) { " AND d.state >= 4" } else { "" }
}

fn given_up_only(states: Option<&[DeliveryState]>) -> bool {
    let given_up = |state: &DeliveryState| !state.is_waiting() && *state != DeliveryState::Succeeded;
    states.is_some_and(|states| !states.is_empty() && states.iter().all(given_up))
}

/// A page of the messages that went to an endpoint, by message.
pub(super) async fn of_endpoint(
    tx: &Tx,
    application: ApplicationId,
    endpoint: EndpointId,
    filter: &DeliveryFilter,
    query: &PageQuery<MessageId>,
    with_payload: bool,
) -> Done<Page<DeliveredMessage>> {
    let bytes = payload_column(with_payload);
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY}, {MESSAGE}, {bytes} FROM deliveries d
         JOIN messages m ON m.application = d.application AND m.id = d.message"
    ));
    list.with(" WHERE d.application = ?", application.0);
    narrow(&mut list, &DeliveryFilter { endpoint: Some(endpoint), ..filter.clone() });
    let read = |row: &Row| {
        let message = read_message(row, DELIVERY_COLUMNS)?;
        Ok(DeliveredMessage { message, delivery: read_delivery(row, 0)? })
    };
    page_of_bytes(tx, list, &["d.message"], query, read, |item| item.message.payload.len()).await
}

/// A page of the endpoints that a message went to, deleted ones included.
pub(super) async fn destinations(
    tx: &Tx,
    application: ApplicationId,
    message: MessageId,
    query: &PageQuery<EndpointId>,
) -> Done<Page<Destination>> {
    let mut list = Query::new(&format!(
        "SELECT {DELIVERY}, {ENDPOINT} FROM deliveries d
         JOIN endpoints e ON e.application = d.application AND e.id = d.endpoint"
    ));
    list.with(" WHERE d.application = ?", application.0).with(" AND d.message = ?", message.0);
    page(tx, list, &["d.endpoint"], query, |row| {
        let endpoint = read_endpoint(row, DELIVERY_COLUMNS)?;
        Ok(Destination { endpoint, delivery: read_delivery(row, 0)? })
    })
    .await
}

/// An endpoint's deliveries by state, of messages whose ids lie in a window of time.
pub(super) async fn counts(
    tx: &Tx,
    application: ApplicationId,
    endpoint: EndpointId,
    from: Timestamp,
    until: Timestamp,
) -> Done<DeliveryCounts> {
    let sql = "SELECT state, count(*) FROM deliveries 
               WHERE application = $1 AND endpoint = $2 AND message >= $3 AND message < $4 GROUP BY state";
    let values = values![application.0, endpoint.0, first_id_at(from), first_id_at(until)];
    let mut counts = DeliveryCounts::default();
    for (state, rows) in all(tx, sql, values, |row| Ok((small(row, 0)?, count(row, 1)?))).await? {
        *counts.0.get_mut(usize::from(state)).ok_or_else(|| broken("an unknown delivery state"))? = rows;
    }
    Ok(counts)
}

fn narrow(list: &mut Query, filter: &DeliveryFilter) {
    list.with_some(" AND d.endpoint = ?", filter.endpoint.map(|id| id.0))
        .with_some(" AND d.message = ?", filter.message.map(|id| id.0));
    list.text(condition_of_index(filter.states.as_deref()));
    if let Some(states) = &filter.states {
        let states: Vec<_> = states.iter().map(|state| *state as i16).collect();
        list.with_any("d.state", states);
    }
    filter_messages(list, &filter.of_messages);
    messages_within(list, "d.message", "m.created_at", &filter.of_messages);
}
