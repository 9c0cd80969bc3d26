//! Reading the whole store for a copy of it elsewhere.

use fanfare_core::{ports::store::StoreResult, time::Timestamp};
use rusqlite::{
    Connection, Row, params_from_iter,
    types::{Value, ValueRef},
};

use super::{
    SqliteStore, books,
    columns::{count, maybe_time},
    fault::broken,
    query::one,
};
use crate::copy::{Cells, Column, Kind, Slice, Source, Table};

/// Rows of a slice at most.
const ROWS: usize = 2_000;
/// Once a slice weighs so many bytes it is full.
const BYTES: usize = 8 * 1024 * 1024;

impl SqliteStore {
    /// What the store is, to know it again by.
    pub(crate) async fn copy_source(&self) -> StoreResult<Source> {
        self.read(|conn| {
            let counters =
                one(conn, "SELECT version, seq FROM books", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (version, seq) = counters.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let first = "SELECT id FROM environments ORDER BY created_at, id LIMIT 1";
            let first = one(conn, first, &[], |row| row.get(0))?;
            Ok(Source { version, seq, books: books::kept(conn)?, first })
        })
        .await
    }

    /// When the oldest message was accepted.
    pub(crate) async fn copy_oldest(&self) -> StoreResult<Option<Timestamp>> {
        let sql = "SELECT min((SELECT created_at FROM messages WHERE application = a.id ORDER BY id LIMIT 1))
                   FROM applications a";
        Ok(self.read(move |conn| one(conn, sql, &[], |row| maybe_time(row, 0))).await?.flatten())
    }

    /// How many rows a table has.
    pub(crate) async fn copy_count(&self, table: &'static Table) -> StoreResult<u64> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        Ok(self.read(move |conn| one(conn, &sql, &[], |row| count(row, 0))).await?.unwrap_or_default())
    }

    /// The rows of a table that follow the key `after`.
    pub(crate) async fn copy_slice(
        &self,
        table: &'static Table,
        after: Option<String>,
    ) -> StoreResult<Slice> {
        self.read(move |conn| slice(conn, table, after.as_deref())).await
    }
}

fn slice(conn: &Connection, table: &Table, after: Option<&str>) -> rusqlite::Result<Slice> {
    let list = |columns: &[Column], name: fn(&Column) -> &'static str| {
        columns.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let selected = list(table.columns, |column| column.from.unwrap_or(column.name));
    let key = list(table.key(), |column| column.name);
    let values = after.map(|after| key_values(table, after)).transpose()?.unwrap_or_default();
    let condition = match values.len() {
        0 => String::new(),
        many => format!("WHERE ({key}) > ({})", vec!["?"; many].join(", ")),
    };
    let sql = format!("SELECT {selected} FROM {} {condition} ORDER BY {key} LIMIT {ROWS}", table.name);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut slice, mut weight) = (Slice::of(table), 0);
    while weight < BYTES
        && let Some(row) = rows.next()?
    {
        weight += add(&mut slice, row)?;
        slice.last = Some(key_text(table, row)?);
    }
    Ok(slice)
}

/// Adds a row; answers what it weighs.
fn add(slice: &mut Slice, row: &Row<'_>) -> rusqlite::Result<usize> {
    let mut weight = 0;
    for (place, cells) in slice.columns.iter_mut().enumerate() {
        let value = row.get_ref(place)?;
        match cells {
            Cells::Bytes(all) => {
                let bytes = value.as_blob_or_null()?.map(<[u8]>::to_vec);
                weight += bytes.as_ref().map_or(0, Vec::len);
                all.push(bytes);
            }
            Cells::Numbers(all) => all.push(value.as_i64_or_null()?),
            Cells::Texts(all) => {
                let text = value.as_str_or_null()?.map(str::to_owned);
                weight += text.as_ref().map_or(0, String::len);
                all.push(text);
            }
        }
    }
    slice.rows += 1;
    Ok(weight)
}

/// The key of a row, as text.
fn key_text(table: &Table, row: &Row<'_>) -> rusqlite::Result<String> {
    let part = |place| {
        Ok(match row.get_ref(place)? {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => std::str::from_utf8(text).map_err(broken)?.to_owned(),
            ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            other => return Err(broken(format!("a key of {} is {:?}", table.name, other.data_type()))),
        })
    };
    let parts = (0..table.key).map(part).collect::<rusqlite::Result<Vec<String>>>()?;
    serde_json::to_string(&parts).map_err(broken)
}

/// The values of a key that [`key_text`] wrote.
fn key_values(table: &Table, text: &str) -> rusqlite::Result<Vec<Value>> {
    let parts: Vec<String> = serde_json::from_str(text).map_err(broken)?;
    if parts.len() != table.key {
        return Err(broken(format!("a key of {} has {} parts", table.name, parts.len())));
    }
    let value = |(column, part): (&Column, String)| {
        Ok(match column.kind {
            Kind::Text => Value::Text(part),
            Kind::Bytes => Value::Blob(unhex(&part)?),
            _ => Value::Integer(part.parse().map_err(broken)?),
        })
    };
    table.key().iter().zip(parts).map(value).collect()
}

fn unhex(text: &str) -> rusqlite::Result<Vec<u8>> {
    let digit = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).map_err(broken)?;
        u8::from_str_radix(pair, 16).map_err(broken)
    };
    text.as_bytes().chunks(2).map(digit).collect()
}
