//! Pages of lists: `iterator` stands for a page's last item, `prevIterator` for its first.
//!
//! An iterator is the item's id; with a `-` before it the page ends just before that item. A name that begins
//! with `-` itself (event types may) is told apart by a `~`.

use fanfare_core::{
    id::{ApplicationId, AttemptId, EndpointId, JobId, MessageId},
    limits::{PAGE_DEFAULT, PAGE_MOST},
    name::EventTypeName,
    ports::store::{Page, PageQuery, Seek},
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    error::ApiError,
    query::{Query, invalid},
};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOf<T> {
    /// The items.
    pub data: Vec<T>,
    /// Pass it as `iterator` for the next page; null where there are no items.
    pub iterator: Option<String>,
    /// Pass it as `iterator` for the page before.
    pub prev_iterator: Option<String>,
    /// Whether nothing lies beyond this page in its direction. Exact.
    pub done: bool,
}

impl<T> ListOf<T> {
    /// A page of what borrows from these items.
    pub(crate) fn map_refs<'a, O>(
        &'a self,
        map: impl FnMut(&'a T) -> Result<O, ApiError>,
    ) -> Result<ListOf<O>, ApiError> {
        let data = self.data.iter().map(map).collect::<Result<_, _>>()?;
        let (iterator, prev_iterator) = (self.iterator.clone(), self.prev_iterator.clone());
        Ok(ListOf { data, iterator, prev_iterator, done: self.done })
    }

    /// An answer without items.
    pub(crate) fn nothing() -> Self {
        Self { data: Vec::new(), iterator: None, prev_iterator: None, done: true }
    }

    /// The same page of other items.
    pub(crate) fn try_map<O>(self, map: impl FnMut(T) -> Result<O, ApiError>) -> Result<ListOf<O>, ApiError> {
        let data = self.data.into_iter().map(map).collect::<Result<_, _>>()?;
        let Self { iterator, prev_iterator, done, .. } = self;
        Ok(ListOf { data, iterator, prev_iterator, done })
    }
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in the OpenAPI document; read by Paging::read")]
pub(crate) struct PageParams {
    /// Items at most.
    #[param(minimum = 0, maximum = 250, default = 50)]
    limit: Option<u16>,
    /// An `iterator` or `prevIterator` of another page, or an item's id.
    iterator: Option<String>,
}

/// In which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in the OpenAPI document; read by Order::read")]
pub(crate) struct OrderParams {
    /// The order of the items.
    #[param(inline)]
    order: Option<Order>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Order {
    /// From the smallest.
    Ascending,
    /// From the greatest.
    Descending,
}

impl Order {
    /// The order that was asked for.
    pub(crate) fn read(query: &Query, default: Self) -> Result<Self, ApiError> {
        match query.text("order") {
            None => Ok(default),
            Some("ascending") => Ok(Self::Ascending),
            Some("descending") => Ok(Self::Descending),
            Some(_) => Err(invalid("order", "must be ascending or descending")),
        }
    }
}

/// What a list is sorted by.
pub(crate) trait Key: Clone + Send {
    fn read(text: &str) -> Option<Self>;
    fn show(&self) -> String;
}

macro_rules! keys {
    ($($kind:ty),*) => {$(
        impl Key for $kind {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

keys!(ApplicationId, EndpointId, MessageId, AttemptId, JobId, EventTypeName);

impl Key for (MessageId, EndpointId) {
    fn read(text: &str) -> Option<Self> {
        let (message, endpoint) = text.split_once('.')?;
        Some((message.parse().ok()?, endpoint.parse().ok()?))
    }

    fn show(&self) -> String {
        format!("{}.{}", self.0, self.1)
    }
}

/// A page that was asked for.
pub(crate) struct Paging<K> {
    /// What to ask the store.
    pub(crate) query: PageQuery<K>,
    /// `limit=0`: only whether there is anything.
    none_wanted: bool,
}

impl<K: Key> Paging<K> {
    /// Reads `limit` and `iterator`.
    pub(crate) fn read(query: &Query, order: Order) -> Result<Self, ApiError> {
        let limit = query.parsed::<usize>("limit")?.unwrap_or(PAGE_DEFAULT);
        if limit > PAGE_MOST {
            return Err(invalid("limit", format!("must be at most {PAGE_MOST}")));
        }
        let seek = query.text("iterator").map(seek).transpose()?;
        let descending = order == Order::Descending;
        let page = PageQuery { seek, descending, limit: limit.max(1) };
        Ok(Self { query: page, none_wanted: limit == 0 })
    }

    /// The answer to a page of the store.
    pub(crate) fn answer<T, O>(
        &self,
        mut page: Page<T>,
        key: impl Fn(&T) -> K,
        out: impl FnMut(T) -> O,
    ) -> ListOf<O> {
        if self.none_wanted {
            page.done = page.items.is_empty();
            page.items.clear();
        }
        let iterator = page.items.last().map(|item| show_after(&key(item)));
        let prev_iterator = page.items.first().map(|item| format!("-{}", key(item).show()));
        ListOf { data: page.items.into_iter().map(out).collect(), iterator, prev_iterator, done: page.done }
    }
}

fn show_after<K: Key>(key: &K) -> String {
    let text = key.show();
    if text.starts_with(['-', '~']) { format!("~{text}") } else { text }
}

fn seek<K: Key>(text: &str) -> Result<Seek<K>, ApiError> {
    let seek = match (text.strip_prefix('-'), text.strip_prefix('~')) {
        (Some(key), _) => K::read(key).map(Seek::Before),
        (_, Some(key)) => K::read(key).map(Seek::After),
        _ => K::read(text).map(Seek::After),
    };
    seek.ok_or_else(|| invalid("iterator", "is not an iterator of this list"))
}

#[cfg(test)]
mod tests;
