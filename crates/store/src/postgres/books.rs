//! The books: the version counter, the order of acceptance, and the conservation counters.
//!
//! Deltas are gathered over a transaction and added as one row at its end, so that no transaction waits for
//! another's; upkeep folds rows together ([`fold`]).

use fanfare_core::{
    delivery::DeliveryState,
    ports::store::{Conservation, DeliveryCounts},
};
use tokio_postgres::Row;

use super::{
    columns::{count, length, number, small},
    connection::Tx,
    fault::{Done, broken},
    query::{all, one, run, values},
};

/// What one transaction changes in the books. Must end in [`Books::close`].
#[derive(Debug, Default)]
pub(super) struct Books {
    accepted: i64,
    erased: i64,
    states: [i64; 8],
}

impl Books {
    /// A delivery was written in this state.
    pub(super) fn accept(&mut self, state: DeliveryState) {
        self.accepted += 1;
        self.states[state as usize] += 1;
    }

    /// A delivery changed its state.
    pub(super) fn change(&mut self, from: DeliveryState, to: DeliveryState) {
        self.states[from as usize] -= 1;
        self.states[to as usize] += 1;
    }

    /// A delivery was erased in this state.
    pub(super) fn erase(&mut self, state: DeliveryState) {
        self.erase_many(state, 1);
    }

    /// So many deliveries were erased in this state.
    pub(super) fn erase_many(&mut self, state: DeliveryState, rows: i64) {
        self.erased += rows;
        self.states[state as usize] -= rows;
    }

    /// Everything in the books of another store.
    pub(super) fn take_over(&mut self, of: &Conservation) -> Done<()> {
        self.accepted += number(of.accepted)?;
        self.erased += number(of.erased)?;
        for (state, rows) in self.states.iter_mut().zip(of.states.0) {
            *state += number(rows)?;
        }
        Ok(())
    }

    /// Writes what changed.
    pub(super) async fn close(self, tx: &Tx) -> Done<()> {
        if self.accepted == 0 && self.erased == 0 && self.states == [0; 8] {
            return Ok(());
        }
        let [a, b, c, d, e, f, g, h] = self.states;
        let sql = "INSERT INTO books VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        run(tx, sql, values![self.accepted, self.erased, a, b, c, d, e, f, g, h]).await.map(drop)
    }
}

/// The next places in the order of acceptance, ascending. Where the order matters, the lanes' rows are held
/// by now.
pub(super) async fn next_seqs(tx: &Tx, places: usize) -> Done<Vec<i64>> {
    if places == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT nextval('seq') FROM generate_series(1, $1)";
    let mut seqs = all(tx, sql, values![length(places)], |row| super::columns::get::<i64>(row, 0)).await?;
    seqs.sort_unstable();
    Ok(seqs)
}

/// Takes the next configuration version.
pub(super) async fn next_version(tx: &Tx) -> Done<u64> {
    let sql = "UPDATE versions SET version = version + 1 RETURNING version";
    one(tx, sql, values![], |row| count(row, 0)).await?.ok_or_else(|| broken("there is no version"))
}

/// The last configuration version that was taken.
pub(super) async fn version(tx: &Tx) -> Done<u64> {
    let sql = "SELECT version FROM versions";
    one(tx, sql, values![], |row| count(row, 0)).await?.ok_or_else(|| broken("there is no version"))
}

const SUMS: &str = "coalesce(sum(accepted), 0)::bigint, coalesce(sum(erased), 0)::bigint,
     coalesce(sum(state_0), 0)::bigint, coalesce(sum(state_1), 0)::bigint,
     coalesce(sum(state_2), 0)::bigint, coalesce(sum(state_3), 0)::bigint,
     coalesce(sum(state_4), 0)::bigint, coalesce(sum(state_5), 0)::bigint,
     coalesce(sum(state_6), 0)::bigint, coalesce(sum(state_7), 0)::bigint";

/// The books as kept.
pub(super) async fn kept(tx: &Tx) -> Done<Conservation> {
    let read = |row: &Row| {
        let mut states = DeliveryCounts::default();
        for (place, state) in states.0.iter_mut().enumerate() {
            *state = count(row, place + 2)?;
        }
        Ok(Conservation { accepted: count(row, 0)?, erased: count(row, 1)?, states })
    };
    let kept = one(tx, &format!("SELECT {SUMS} FROM books"), values![], read).await?;
    kept.ok_or_else(|| broken("the books have no sum"))
}

/// The states as counted from the rows; what was ever accepted and erased only the books can tell.
pub(super) async fn counted(tx: &Tx) -> Done<Conservation> {
    let mut states = DeliveryCounts::default();
    let sql = "SELECT state, count(*) FROM deliveries GROUP BY state";
    for (state, rows) in all(tx, sql, values![], |row| Ok((small(row, 0)?, count(row, 1)?))).await? {
        *states.0.get_mut(usize::from(state)).ok_or_else(|| broken("an unknown delivery state"))? = rows;
    }
    Ok(Conservation { states, ..kept(tx).await? })
}

/// Folds up to `limit` rows into one; tells whether more are left.
pub(super) async fn fold(tx: &Tx, limit: usize) -> Done<bool> {
    let sql = format!(
        "WITH old AS (SELECT ctid FROM books LIMIT $1 FOR UPDATE SKIP LOCKED),
              gone AS (DELETE FROM books USING old WHERE books.ctid = old.ctid RETURNING books.*),
              kept AS (INSERT INTO books SELECT {SUMS} FROM gone HAVING count(*) > 0)
         SELECT count(*) FROM gone"
    );
    let folded = one(tx, &sql, values![length(limit)], |row| count::<u64>(row, 0)).await?;
    Ok(folded.is_some_and(|rows| rows >= limit as u64))
}
