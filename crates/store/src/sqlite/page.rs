//! Pages by key, in both directions, with an exact end.

use fanfare_core::{
    id::{ApplicationId, AttemptId, AuditId, EndpointId, JobId, MessageId},
    limits::PAGE_BYTES,
    name::EventTypeName,
    ports::store::{Page, PageQuery, Seek},
};
use rusqlite::{Connection, Row, types::Value};

use super::{columns::length, query::Query};

/// A key that a list is ordered by, as the columns that hold it.
pub(super) trait PageKey {
    /// The columns' values, from the leading one on.
    fn values(&self) -> Vec<Value>;
}

macro_rules! id_keys {
    ($($id:ty),*) => {$(
        impl PageKey for $id {
            fn values(&self) -> Vec<Value> {
                vec![self.0.to_vec().into()]
            }
        }
    )*};
}

id_keys!(ApplicationId, EndpointId, MessageId, AttemptId, AuditId, JobId);

impl PageKey for (MessageId, EndpointId) {
    fn values(&self) -> Vec<Value> {
        vec![self.0.0.to_vec().into(), self.1.0.to_vec().into()]
    }
}

impl PageKey for EventTypeName {
    fn values(&self) -> Vec<Value> {
        vec![self.as_str().to_owned().into()]
    }
}

/// Completes a query that ends in its conditions, and reads the page. `columns` name the key. One row more
/// than asked for tells whether the list goes on.
pub(super) fn page<K: PageKey, T>(
    conn: &Connection,
    query: Query,
    columns: &[&str],
    page: &PageQuery<K>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Page<T>> {
    page_of_bytes(conn, query, columns, page, read, |_| 0)
}

/// The same for items that may be large: once those read weigh [`PAGE_BYTES`] the page ends with them.
pub(super) fn page_of_bytes<K: PageKey, T>(
    conn: &Connection,
    mut query: Query,
    columns: &[&str],
    page: &PageQuery<K>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    weigh: impl Fn(&T) -> usize,
) -> rusqlite::Result<Page<T>> {
    let (seek, backwards) = match &page.seek {
        None => (None, false),
        Some(Seek::After(at)) => (Some(at), false),
        Some(Seek::Before(at)) => (Some(at), true),
    };
    let downwards = page.descending != backwards;
    let (beyond, order) = if downwards { ("<", " DESC") } else { (">", "") };
    if let Some(seek) = seek {
        query.text(&format!(" AND ({}) {beyond} (", columns.join(", ")));
        for (place, value) in seek.values().into_iter().enumerate() {
            query.with(if place == 0 { "?" } else { ", ?" }, value);
        }
        query.text(")");
    }
    let order: Vec<String> = columns.iter().map(|column| format!("{column}{order}")).collect();
    query.text(&format!(" ORDER BY {}", order.join(", "))).with(" LIMIT ?", length(page.limit) + 1);
    let (mut items, all_read) = query.rows_within(conn, read, weigh, PAGE_BYTES)?;
    let done = all_read && items.len() <= page.limit;
    items.truncate(page.limit);
    if backwards {
        items.reverse();
    }
    Ok(Page { items, done })
}
