//! Pages of lists.

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery<K> {
    /// Where it begins; none is the first page.
    pub seek: Option<Seek<K>>,
    /// Whether the list runs from the greatest key to the smallest.
    pub descending: bool,
    /// Items at most, from 1. A page of payloads ends before, once they come to [`crate::limits::PAGE_BYTES`].
    pub limit: usize,
}

/// Where a page begins, exclusively.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seek<K> {
    /// The items that follow the key, in the list's order.
    After(K),
    /// The items nearest before the key; returned in the list's order all the same.
    Before(K),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether nothing lies beyond this page in the direction it was asked for. Exact.
    pub done: bool,
}
