//! Building the text of a list query: conditions with their values, in order.
//!
//! Texts come from code only, values always as parameters; the same filter gives the same text, so that the
//! statement cache holds it.

use rusqlite::{Connection, Row, ToSql, params_from_iter, types::Value};

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

    /// Adds text with one parameter, `?`.
    pub(super) fn with(&mut self, sql: &str, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text(sql)
    }

    /// Adds text with one parameter where there is a value.
    pub(super) fn with_some(&mut self, sql: &str, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.with(sql, value),
            None => self,
        }
    }

    /// Adds `column IN (…)` over a list of values.
    pub(super) fn with_any<V: Into<Value>>(
        &mut self,
        column: &str,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        let before = self.values.len();
        self.values.extend(values.into_iter().map(Into::into));
        let marks = vec!["?"; self.values.len() - before].join(", ");
        self.sql.push_str(&format!(" AND {column} IN ({marks})"));
        self
    }

    /// Runs it and reads all rows.
    pub(super) fn rows<T>(
        &self,
        conn: &Connection,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = conn.prepare_cached(&self.sql)?;
        let rows = statement.query_map(params_from_iter(&self.values), read)?;
        rows.collect()
    }

    /// Runs it and reads rows until they weigh `most`; tells whether these are all.
    pub(super) fn rows_within<T>(
        &self,
        conn: &Connection,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
        weigh: impl Fn(&T) -> usize,
        most: usize,
    ) -> rusqlite::Result<(Vec<T>, bool)> {
        let mut statement = conn.prepare_cached(&self.sql)?;
        let mut rows = statement.query(params_from_iter(&self.values))?;
        let (mut items, mut weight) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if weight >= most {
                return Ok((items, false));
            }
            let item = read(row)?;
            weight += weigh(&item);
            items.push(item);
        }
        Ok((items, true))
    }

    /// Runs it and shows `visit` row after row while it says yes; tells whether it has seen all.
    pub(super) fn walk(
        &self,
        conn: &Connection,
        mut visit: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<bool> {
        let mut statement = conn.prepare_cached(&self.sql)?;
        let mut rows = statement.query(params_from_iter(&self.values))?;
        while let Some(row) = rows.next()? {
            if !visit(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Reads the one row of a query, or nothing.
pub(super) fn one<T>(
    conn: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(read).transpose()
}

/// Reads all rows of a query.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    statement.query_map(values, read)?.collect()
}

/// Runs a statement and says how many rows it changed.
pub(super) fn run(conn: &Connection, sql: &str, values: &[&dyn ToSql]) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(values)
}
