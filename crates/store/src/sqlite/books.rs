//! The books: the version counter, the order of acceptance, and the conservation counters.
//!
//! Deltas are gathered over a transaction and written once at its end, so that a batch costs one update.

use fanfare_core::{
    delivery::DeliveryState,
    ports::store::{Conservation, DeliveryCounts},
};
use rusqlite::{Connection, params};

use super::{
    columns::count,
    query::{all, one, run},
};

/// What one transaction changes in the books. Must end in [`Books::close`].
#[derive(Debug, Default)]
pub(super) struct Books {
    seq: Option<i64>,
    taken: i64,
    accepted: i64,
    erased: i64,
    states: [i64; 8],
}

impl Books {
    /// The next place in the order of acceptance.
    pub(super) fn next_seq(&mut self, tx: &Connection) -> rusqlite::Result<u64> {
        let last = match self.seq {
            Some(seq) => seq,
            None => tx.prepare_cached("SELECT seq FROM books")?.query_row([], |row| row.get(0))?,
        };
        self.seq = Some(last + 1);
        self.taken += 1;
        u64::try_from(last + 1).map_err(super::fault::broken)
    }

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
        self.erased += 1;
        self.states[state as usize] -= 1;
    }

    /// Writes what changed.
    pub(super) fn close(self, tx: &Connection) -> rusqlite::Result<()> {
        let unchanged = self.taken == 0 && self.accepted == 0 && self.erased == 0 && self.states == [0; 8];
        if unchanged {
            return Ok(());
        }
        let [a, b, c, d, e, f, g, h] = self.states;
        run(
            tx,
            "UPDATE books SET seq = seq + ?, accepted = accepted + ?, erased = erased + ?,
                 state_0 = state_0 + ?, state_1 = state_1 + ?, state_2 = state_2 + ?, state_3 = state_3 + ?,
                 state_4 = state_4 + ?, state_5 = state_5 + ?, state_6 = state_6 + ?, state_7 = state_7 + ?",
            params![self.taken, self.accepted, self.erased, a, b, c, d, e, f, g, h],
        )?;
        Ok(())
    }
}

/// Takes the next configuration version.
pub(super) fn next_version(tx: &Connection) -> rusqlite::Result<u64> {
    let sql = "UPDATE books SET version = version + 1 RETURNING version";
    tx.prepare_cached(sql)?.query_row([], |row| count(row, 0))
}

/// The last configuration version that was taken.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT version FROM books")?.query_row([], |row| count(row, 0))
}

/// The books as kept.
pub(super) fn kept(conn: &Connection) -> rusqlite::Result<Conservation> {
    let sql =
        "SELECT accepted, erased, state_0, state_1, state_2, state_3, state_4, state_5, state_6, state_7
               FROM books";
    let kept = one(conn, sql, &[], |row| {
        let mut states = DeliveryCounts::default();
        for (place, state) in states.0.iter_mut().enumerate() {
            *state = count(row, place + 2)?;
        }
        Ok(Conservation { accepted: count(row, 0)?, erased: count(row, 1)?, states })
    })?;
    kept.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// The states as counted from the rows; what was ever accepted and erased only the books can tell.
pub(super) fn counted(conn: &Connection) -> rusqlite::Result<Conservation> {
    let mut states = DeliveryCounts::default();
    let sql = "SELECT state, count(*) FROM deliveries GROUP BY state";
    for (state, rows) in all(conn, sql, &[], |row| Ok((row.get::<_, u8>(0)?, count(row, 1)?)))? {
        *states
            .0
            .get_mut(usize::from(state))
            .ok_or_else(|| super::fault::broken("an unknown delivery state"))? = rows;
    }
    Ok(Conservation { states, ..kept(conn)? })
}
