//! Values with their types, and building the text of a list query.
//!
//! Texts come from code only, values always as parameters, each with its type: so that one text can be run as
//! a prepared statement or, through a pooler, as an unnamed one. The same filter gives the same text.

use bytes::{Bytes, BytesMut};
use fanfare_core::time::Timestamp;
use tokio_postgres::{
    Row,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::{connection::Tx, fault::Done};

/// A value with its type.
#[derive(Debug)]
pub(super) struct Value {
    value: Box<dyn ToSql + Send + Sync>,
    kind: Type,
}

impl Value {
    pub(super) fn parameter(&self) -> &(dyn ToSql + Sync) {
        &*self.value
    }

    pub(super) fn kind(&self) -> &Type {
        &self.kind
    }
}

/// What can be a value: its conversion says its type.
macro_rules! values_of {
    ($($from:ty => $kind:ident, $convert:expr;)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self { value: Box::new($convert(value)), kind: Type::$kind }
            }
        }
    )*};
}

fn same<T>(value: T) -> T {
    value
}

values_of! {
    i64 => INT8, same;
    Option<i64> => INT8, same;
    i32 => INT4, same;
    i16 => INT2, same;
    Option<i16> => INT2, same;
    bool => BOOL, same;
    String => TEXT, same;
    Option<String> => TEXT, same;
    &str => TEXT, str::to_owned;
    Option<&str> => TEXT, |text: Option<&str>| text.map(str::to_owned);
    Vec<u8> => BYTEA, same;
    Option<Vec<u8>> => BYTEA, same;
    &[u8] => BYTEA, <[u8]>::to_vec;
    Option<&[u8]> => BYTEA, |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    Timestamp => INT8, |time: Timestamp| time.0;
    Option<Timestamp> => INT8, |time: Option<Timestamp>| time.map(|time| time.0);
    Vec<i64> => INT8_ARRAY, same;
    Vec<Option<i64>> => INT8_ARRAY, same;
    Vec<i32> => INT4_ARRAY, same;
    Vec<i16> => INT2_ARRAY, same;
    Vec<Option<i16>> => INT2_ARRAY, same;
    Vec<bool> => BOOL_ARRAY, same;
    Vec<String> => TEXT_ARRAY, same;
    Vec<Option<String>> => TEXT_ARRAY, same;
    Vec<Vec<u8>> => BYTEA_ARRAY, same;
    Vec<Option<Vec<u8>>> => BYTEA_ARRAY, same;
    Vec<Option<Bytes>> => BYTEA_ARRAY, |all: Vec<Option<Bytes>>| -> Vec<Option<Blob>> {
        all.into_iter().map(|bytes| bytes.map(Blob)).collect()
    };
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<Option<[u8; N]>> for Value {
    fn from(bytes: Option<[u8; N]>) -> Self {
        bytes.map(|bytes| bytes.to_vec()).into()
    }
}

impl<const N: usize> From<Vec<[u8; N]>> for Value {
    fn from(all: Vec<[u8; N]>) -> Self {
        all.into_iter().map(|bytes| bytes.to_vec()).collect::<Vec<_>>().into()
    }
}

impl<const N: usize> From<Vec<Option<[u8; N]>>> for Value {
    fn from(all: Vec<Option<[u8; N]>>) -> Self {
        all.into_iter().map(|bytes| bytes.map(|bytes| bytes.to_vec())).collect::<Vec<_>>().into()
    }
}

/// Bytes that are shared, not copied, until they are sent.
#[derive(Debug)]
struct Blob(Bytes);

impl ToSql for Blob {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        (&self.0[..]).to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::BYTEA
    }

    to_sql_checked!();
}

/// A list of values with their types, for [`all`], [`one`] and [`run`].
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::postgres::query::Value::from($value)),*] };
}
pub(super) use values;

/// A query being built.
pub(super) struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// Begins with a text without parameters.
    pub(super) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new() }
    }

    /// Adds text without parameters.
    pub(super) fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds text with one parameter, `?`, which stands for its number.
    pub(super) fn with(&mut self, sql: &str, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let number = format!("${}", self.values.len());
        self.text(&sql.replacen('?', &number, 1))
    }

    /// Adds text with one parameter where there is a value.
    pub(super) fn with_some(&mut self, sql: &str, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.with(sql, value),
            None => self,
        }
    }

    /// Adds `column = ANY(…)` over a list of values: the value is an array.
    pub(super) fn with_any(&mut self, column: &str, values: impl Into<Value>) -> &mut Self {
        self.with(&format!(" AND {column} = ANY(?)"), values)
    }

    /// Runs it and reads all rows.
    pub(super) async fn rows<T>(&self, tx: &Tx, read: impl FnMut(&Row) -> Done<T>) -> Done<Vec<T>> {
        all(tx, &self.sql, &self.values, read).await
    }

    /// Runs it and reads rows until they weigh `most`; tells whether these are all.
    pub(super) async fn rows_within<T>(
        &self,
        tx: &Tx,
        mut read: impl FnMut(&Row) -> Done<T>,
        weigh: impl Fn(&T) -> usize,
        most: usize,
    ) -> Done<(Vec<T>, bool)> {
        let (mut items, mut weight) = (Vec::new(), 0);
        let visit = |row: &Row| {
            if weight >= most {
                return Ok(false);
            }
            let item = read(row)?;
            weight += weigh(&item);
            items.push(item);
            Ok(true)
        };
        let all_read = self.walk(tx, visit).await?;
        Ok((items, all_read))
    }

    /// Runs it and shows `visit` row after row while it says yes; tells whether it has seen all.
    pub(super) async fn walk(&self, tx: &Tx, visit: impl FnMut(&Row) -> Done<bool>) -> Done<bool> {
        tx.walk(&self.sql, &self.values, visit).await
    }
}

/// Reads the one row of a query, or nothing.
pub(super) async fn one<T>(
    tx: &Tx,
    sql: &str,
    values: &[Value],
    read: impl FnOnce(&Row) -> Done<T>,
) -> Done<Option<T>> {
    tx.rows(sql, values).await?.first().map(read).transpose()
}

/// Reads all rows of a query.
pub(super) async fn all<T>(
    tx: &Tx,
    sql: &str,
    values: &[Value],
    read: impl FnMut(&Row) -> Done<T>,
) -> Done<Vec<T>> {
    tx.rows(sql, values).await?.iter().map(read).collect()
}

/// Runs a statement and says how many rows it changed.
pub(super) async fn run(tx: &Tx, sql: &str, values: &[Value]) -> Done<u64> {
    tx.run(sql, values).await
}
