//! A slice of a table's rows, column by column, and the key that its last row has.

use super::{Column, Kind, Table};

/// The values of one column.
#[derive(Debug)]
pub(crate) enum Cells {
    Bytes(Vec<Option<Vec<u8>>>),
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

impl Cells {
    fn of(column: &Column) -> Self {
        match column.kind {
            Kind::Bytes => Self::Bytes(Vec::new()),
            Kind::Text => Self::Texts(Vec::new()),
            Kind::Big | Kind::Integer | Kind::Small | Kind::Switch => Self::Numbers(Vec::new()),
        }
    }
}

/// Rows of a table.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) columns: Vec<Cells>,
    pub(crate) rows: usize,
    /// The key of the last row, as text; none where there is no row.
    pub(crate) last: Option<String>,
}

impl Slice {
    pub(crate) fn of(table: &Table) -> Self {
        Self { columns: table.columns.iter().map(Cells::of).collect(), rows: 0, last: None }
    }
}
