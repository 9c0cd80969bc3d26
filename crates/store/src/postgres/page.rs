//! Pages by key, in both directions, with an exact end.

use fanfare_core::{
    id::{ApplicationId, AttemptId, AuditId, EndpointId, JobId, MessageId},
    limits::PAGE_BYTES,
    name::EventTypeName,
    ports::store::{Page, PageQuery, Seek},
};
use tokio_postgres::Row;

use super::{
    columns::length,
    connection::Tx,
    fault::Done,
    query::{Query, Value},
};

/// A key that a list is ordered by, as the columns that hold it.
pub(super) trait PageKey {
    /// The columns' values, from the leading one on.
    fn values(&self) -> Vec<Value>;
}

macro_rules! id_keys {
    ($($id:ty),*) => {$(
        impl PageKey for $id {
            fn values(&self) -> Vec<Value> {
                vec![self.0.into()]
            }
        }
    )*};
}

id_keys!(ApplicationId, EndpointId, MessageId, AttemptId, AuditId, JobId);

impl PageKey for (MessageId, EndpointId) {
    fn values(&self) -> Vec<Value> {
        vec![self.0.0.into(), self.1.0.into()]
    }
}

impl PageKey for EventTypeName {
    fn values(&self) -> Vec<Value> {
        vec![self.as_str().into()]
    }
}

/// Completes a query that ends in its conditions, and reads the page. `columns` name the key. One row more
/// than asked for tells whether the list goes on.
pub(super) async fn page<K: PageKey, T>(
    tx: &Tx,
    query: Query,
    columns: &[&str],
    page: &PageQuery<K>,
    read: impl FnMut(&Row) -> Done<T>,
) -> Done<Page<T>> {
    page_of_bytes(tx, query, columns, page, read, |_| 0).await
}

/// The same for items that may be large: once those read weigh [`PAGE_BYTES`] the page ends with them.
pub(super) async fn page_of_bytes<K: PageKey, T>(
    tx: &Tx,
    mut query: Query,
    columns: &[&str],
    page: &PageQuery<K>,
    read: impl FnMut(&Row) -> Done<T>,
    weigh: impl Fn(&T) -> usize,
) -> Done<Page<T>> {
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
    let (mut items, all_read) = query.rows_within(tx, read, weigh, PAGE_BYTES).await?;
    let done = all_read && items.len() <= page.limit;
    items.truncate(page.limit);
    if backwards {
        items.reverse();
    }
    Ok(Page { items, done })
}
