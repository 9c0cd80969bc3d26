//! Taking in a copy of another store.
//!
//! Two tables tell how far it is: what it is a copy of, and the place in each table. Until it has finished, no
//! node opens the store.

use std::collections::BTreeMap;

use fanfare_core::{ports::store::StoreResult, time::Timestamp};

use super::{
    PostgresStore, books,
    columns::{count, free_text, get},
    connection::{Tx, transaction},
    fault::Done,
    partitions,
    query::{Value, all, one, run, values},
};
use crate::copy::{Cells, Column, CopyError, Kind, Slice, Source, TABLES, Table};

/// Partitions that are made for what is old; what is older still lies beside them.
const OLDEST_PARTITION: std::time::Duration = std::time::Duration::from_secs(400 * 86_400);

impl PostgresStore {
    /// Whether a copy into this store was begun and not finished.
    pub(super) async fn is_half_a_copy(&self) -> StoreResult<bool> {
        transaction!(self.reading(), |tx| {
            if !is_begun(tx).await? {
                return Ok(false);
            }
            let sql = "SELECT 1 FROM fanfare_copy WHERE NOT finished";
            Ok(one(tx, sql, values![], |_| Ok(())).await?.is_some())
        })
    }

    /// The rows of each table, where this store has taken in a copy of that one.
    pub(crate) async fn finished_copy(
        &self,
        source: &Source,
    ) -> StoreResult<Option<Vec<(&'static str, u64)>>> {
        transaction!(self.reading(), |tx| finished(tx, source).await)
    }

    /// Begins or goes on.
    pub(crate) async fn begin_copy(
        &self,
        source: &Source,
        oldest: Option<Timestamp>,
    ) -> Result<(), CopyError> {
        let now = self.clock.now();
        transaction!(self.writing(), |tx| begin(tx, source, oldest, now).await)?
    }

    /// Rows of a table that are there, and the key of the last one.
    pub(crate) async fn copied_of(&self, table: &Table) -> StoreResult<(u64, Option<String>)> {
        let sql = "SELECT rows, after FROM fanfare_copied WHERE name = $1";
        let read = |row: &tokio_postgres::Row| Ok((count(row, 0)?, get(row, 1)?));
        transaction!(self.reading(), |tx| {
            Ok(one(tx, sql, values![table.name], read).await?.unwrap_or_default())
        })
    }

    /// Takes in the rows that follow the key `after`.
    pub(crate) async fn keep_copied(
        &self,
        table: &Table,
        after: Option<String>,
        slice: &Slice,
    ) -> Result<(), CopyError> {
        let kept = transaction!(self.writing(), |tx| {
            if !step(tx, table, after.as_deref(), slice).await? {
                return Ok(false);
            }
            insert(tx, table, slice).await.map(|()| true)
        })?;
        if kept { Ok(()) } else { Err(CopyError::Beside) }
    }

    /// Compares the counts, takes over the counters and opens the store.
    pub(crate) async fn finish_copy(
        &self,
        source: &Source,
        counts: &[(&'static str, u64)],
    ) -> Result<(), CopyError> {
        transaction!(self.writing_at_length(), |tx| finish(tx, source, counts).await)?
    }
}

async fn is_begun(tx: &Tx) -> Done<bool> {
    let sql = "SELECT to_regclass('fanfare_copy') IS NOT NULL";
    Ok(one(tx, sql, values![], |row| get(row, 0)).await?.unwrap_or(false))
}

async fn finished(tx: &Tx, source: &Source) -> Done<Option<Vec<(&'static str, u64)>>> {
    if !is_begun(tx).await? {
        return Ok(None);
    }
    let of_it = "SELECT 1 FROM fanfare_copy WHERE finished AND source = $1";
    if one(tx, of_it, values![source.fingerprint()], |_| Ok(())).await?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT name, rows FROM fanfare_copied";
    let rows: BTreeMap<String, u64> =
        all(tx, sql, values![], |row| Ok((get(row, 0)?, count(row, 1)?))).await?.into_iter().collect();
    let of = |table: &Table| (table.name, rows.get(table.name).copied().unwrap_or_default());
    Ok(Some(TABLES.iter().map(of).collect()))
}

async fn begin(
    tx: &Tx,
    source: &Source,
    oldest: Option<Timestamp>,
    now: Timestamp,
) -> Done<Result<(), CopyError>> {
    if is_begun(tx).await? {
        let sql = "SELECT source, finished FROM fanfare_copy";
        let read = |row: &tokio_postgres::Row| Ok((get::<String>(row, 0)?, get::<bool>(row, 1)?));
        return Ok(match one(tx, sql, values![], read).await? {
            Some((of, false)) if of == source.fingerprint() => Ok(()),
            Some((_, false)) => Err(CopyError::OtherSource),
            _ => Err(CopyError::NotEmpty),
        });
    }
    for table in &TABLES {
        let filled = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if one(tx, &filled, values![], |_| Ok(())).await?.is_some() {
            return Ok(Err(CopyError::NotEmpty));
        }
    }
    tx.script(
        "CREATE TABLE fanfare_copy (source text NOT NULL, finished boolean NOT NULL);
         CREATE TABLE fanfare_copied (name text PRIMARY KEY, rows bigint NOT NULL, after text)",
    )
    .await?;
    let names: Vec<_> = TABLES.iter().map(|table| table.name.to_owned()).collect();
    run(tx, "INSERT INTO fanfare_copy VALUES ($1, false)", values![source.fingerprint()]).await?;
    run(tx, "INSERT INTO fanfare_copied SELECT unnest($1::text[]), 0, NULL", values![names]).await?;
    if let Some(oldest) = oldest {
        partitions::make(tx, oldest.max(now - OLDEST_PARTITION), now).await?;
    }
    Ok(Ok(()))
}

/// Moves the place in a table; not where somebody else has moved it meanwhile.
async fn step(tx: &Tx, table: &Table, after: Option<&str>, slice: &Slice) -> Done<bool> {
    let sql = "UPDATE fanfare_copied SET rows = rows + $1, after = $2
               WHERE name = $3 AND after IS NOT DISTINCT FROM $4";
    let rows = super::columns::length(slice.rows);
    Ok(run(tx, sql, values![rows, slice.last.as_deref(), table.name, after]).await? == 1)
}

async fn insert(tx: &Tx, table: &Table, slice: &Slice) -> Done<()> {
    let list = |part: &dyn Fn(usize, &Column) -> String| {
        let parts = table.columns.iter().enumerate().map(|(place, column)| part(place + 1, column));
        parts.collect::<Vec<_>>().join(", ")
    };
    // Incarnations keep their numbers too.
    let sql = format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM unnest({}) AS x ({})",
        table.name,
        list(&|_, column| column.name.to_owned()),
        list(&|place, column| match column.kind {
            Kind::Bytes | Kind::Text | Kind::Big => format!("c{place}"),
            Kind::Integer => format!("c{place}::integer"),
            Kind::Small => format!("c{place}::smallint"),
            Kind::Switch => format!("c{place} <> 0"),
        }),
        list(&|place, column| match column.kind {
            Kind::Bytes => format!("${place}::bytea[]"),
            Kind::Text => format!("${place}::text[]"),
            _ => format!("${place}::bigint[]"),
        }),
        list(&|place, _| format!("c{place}")),
    );
    let values: Vec<Value> = slice.columns.iter().map(value).collect();
    run(tx, &sql, &values).await.map(drop)
}

fn value(cells: &Cells) -> Value {
    match cells {
        Cells::Bytes(all) => all.clone().into(),
        Cells::Numbers(all) => all.clone().into(),
        Cells::Texts(all) => all.iter().map(|text| text.as_deref().map(free_text)).collect::<Vec<_>>().into(),
    }
}

async fn finish(tx: &Tx, source: &Source, counts: &[(&'static str, u64)]) -> Done<Result<(), CopyError>> {
    for (table, from) in counts {
        let sql = format!("SELECT count(*) FROM {table}");
        let to = one(tx, &sql, values![], |row| count(row, 0)).await?.unwrap_or_default();
        if to != *from {
            return Ok(Err(CopyError::Differs { table, from: *from, to }));
        }
    }
    take_counters(tx, source).await?;
    if books::kept(tx).await? != source.books || books::counted(tx).await? != source.books {
        return Ok(Err(CopyError::Unbalanced("target")));
    }
    run(tx, "UPDATE fanfare_copy SET finished = true", values![]).await?;
    for table in &TABLES {
        // Else the first statements would be planned for empty tables.
        tx.script(&format!("ANALYZE {}", table.name)).await?;
    }
    Ok(Ok(()))
}

async fn take_counters(tx: &Tx, source: &Source) -> Done<()> {
    run(tx, "DELETE FROM books", values![]).await?;
    let mut books = books::Books::default();
    books.take_over(&source.books)?;
    books.close(tx).await?;
    run(tx, "UPDATE versions SET version = $1", values![source.version]).await?;
    all(tx, "SELECT setval('seq', $1) WHERE $1 > 0", values![source.seq], |_| Ok(())).await?;
    let incarnations = "SELECT setval(pg_get_serial_sequence('nodes', 'incarnation'), max(incarnation))
                        FROM nodes HAVING count(*) > 0";
    all(tx, incarnations, values![], |_| Ok(())).await.map(drop)
}
