//! Values to columns and back, where PostgreSQL's own types do not do.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use fanfare_core::{id::ID_BYTES, time::Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use tokio_postgres::{Row, types::FromSql};

use super::fault::{Done, broken};

/// A value of a type that PostgreSQL has as well.
pub(super) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Done<T> {
    Ok(row.try_get(column)?)
}

/// So many bytes.
pub(super) fn bytes<const N: usize>(row: &Row, column: usize) -> Done<[u8; N]> {
    get::<&[u8]>(row, column)?.try_into().map_err(broken)
}

/// So many bytes, or nothing.
pub(super) fn maybe_bytes<const N: usize>(row: &Row, column: usize) -> Done<Option<[u8; N]>> {
    get::<Option<&[u8]>>(row, column)?.map(TryInto::try_into).transpose().map_err(broken)
}

/// An id.
pub(super) fn id<I: From<[u8; ID_BYTES]>>(row: &Row, column: usize) -> Done<I> {
    bytes::<ID_BYTES>(row, column).map(I::from)
}

/// An id, or nothing.
pub(super) fn maybe_id<I: From<[u8; ID_BYTES]>>(row: &Row, column: usize) -> Done<Option<I>> {
    Ok(maybe_bytes::<ID_BYTES>(row, column)?.map(I::from))
}

/// A time.
pub(super) fn time(row: &Row, column: usize) -> Done<Timestamp> {
    get(row, column).map(Timestamp)
}

/// A time, or nothing.
pub(super) fn maybe_time(row: &Row, column: usize) -> Done<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp))
}

/// A `bigint` that is never negative.
pub(super) fn count<T: TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Done<T> {
    get::<i64>(row, column)?.try_into().map_err(broken)
}

/// A number as PostgreSQL stores it; beyond 2^63 there is none in Fanfare.
pub(super) fn number(value: u64) -> Done<i64> {
    i64::try_from(value).map_err(broken)
}

/// A length or limit as PostgreSQL takes it.
pub(super) fn length(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A `smallint` as the small number that it is.
pub(super) fn small(row: &Row, column: usize) -> Done<u8> {
    get::<i16>(row, column)?.try_into().map_err(broken)
}

/// A name.
pub(super) fn name<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Done<T> {
    get::<&str>(row, column)?.parse().map_err(broken)
}

/// A name, or nothing.
pub(super) fn maybe_name<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Done<Option<T>> {
    get::<Option<&str>>(row, column)?.map(str::parse).transpose().map_err(broken)
}

/// A set of plain names as `,a,b,`, so that `strpos` finds one; nothing for an empty set. Names hold no comma.
pub(super) fn set_text<T: Display>(set: &BTreeSet<T>) -> Option<String> {
    (!set.is_empty()).then(|| set.iter().fold(",".to_owned(), |text, name| format!("{text}{name},")))
}

/// The set that [`set_text`] wrote.
pub(super) fn set<T: Ord + FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Done<BTreeSet<T>> {
    let text = get::<Option<&str>>(row, column)?.unwrap_or_default();
    text.split(',').filter(|name| !name.is_empty()).map(str::parse).collect::<Result<_, _>>().map_err(broken)
}

/// A free text from outside, for a `text` column: PostgreSQL keeps no NUL.
pub(super) fn free_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A value as its JSON document.
pub(super) fn json<T: Serialize>(value: &T) -> Done<String> {
    serde_json::to_string(value).map_err(broken)
}

/// The value of a JSON document, or nothing.
pub(super) fn maybe_document<T: DeserializeOwned>(row: &Row, column: usize) -> Done<Option<T>> {
    get::<Option<&str>>(row, column)?.map(serde_json::from_str).transpose().map_err(broken)
}

/// The value of a JSON document.
pub(super) fn document<T: DeserializeOwned>(row: &Row, column: usize) -> Done<T> {
    serde_json::from_str(get(row, column)?).map_err(broken)
}
