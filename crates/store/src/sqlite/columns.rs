//! Values to columns and back, where SQLite's own types do not do.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use fanfare_core::{id::ID_BYTES, time::Timestamp};
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};

use super::fault::broken;

/// An id.
pub(super) fn id<I: From<[u8; ID_BYTES]>>(row: &Row<'_>, column: usize) -> rusqlite::Result<I> {
    row.get::<_, [u8; ID_BYTES]>(column).map(I::from)
}

/// An id, or nothing.
pub(super) fn maybe_id<I: From<[u8; ID_BYTES]>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<I>> {
    Ok(row.get::<_, Option<[u8; ID_BYTES]>>(column)?.map(I::from))
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp)
}

/// A time, or nothing.
pub(super) fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// A number that is never negative.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(broken)
}

/// A number as SQLite stores it; beyond 2^63 there is none in Fanfare.
pub(super) fn number(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(broken)
}

/// A length or limit as SQLite takes it.
pub(super) fn length(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A name.
pub(super) fn name<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(broken)
}

/// A name, or nothing.
pub(super) fn maybe_name<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    row.get_ref(column)?.as_str_or_null()?.map(str::parse).transpose().map_err(broken)
}

/// A set of plain names as `,a,b,`, so that `instr` finds one; nothing for an empty set. Names hold no comma.
pub(super) fn set_text<T: Display>(set: &BTreeSet<T>) -> Option<String> {
    (!set.is_empty()).then(|| set.iter().fold(",".to_owned(), |text, name| format!("{text}{name},")))
}

/// The set that [`set_text`] wrote.
pub(super) fn set<T: Ord + FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<BTreeSet<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?.unwrap_or_default();
    text.split(',').filter(|name| !name.is_empty()).map(str::parse).collect::<Result<_, _>>().map_err(broken)
}

/// A value as its JSON document.
pub(super) fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(broken)
}

/// The value of a JSON document, or nothing.
pub(super) fn maybe_document<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(serde_json::from_str).transpose().map_err(broken)
}

/// The value of a JSON document.
pub(super) fn document<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(broken)
}
