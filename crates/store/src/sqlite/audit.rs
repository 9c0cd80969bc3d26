//! Audit rows, written in the transaction of the change they tell of.

use fanfare_core::ports::store::Audit;
use rusqlite::{Connection, params};

use super::query::run;

/// Writes an audit row.
pub(super) fn write(tx: &Connection, audit: &Audit) -> rusqlite::Result<()> {
    run(
        tx,
        "INSERT INTO audit (id, at, environment, application, actor, action, target, detail)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            audit.id.0,
            audit.at.0,
            audit.environment.0,
            audit.application.map(|id| id.0),
            audit.actor,
            audit.action,
            audit.target,
            audit.detail
        ],
    )?;
    Ok(())
}
