//! Audit rows, written in the transaction of the change they tell of.

use fanfare_core::ports::store::Audit;

use super::{
    columns::free_text,
    connection::Tx,
    fault::Done,
    query::{run, values},
};

/// Writes an audit row.
pub(super) async fn write(tx: &Tx, audit: &Audit) -> Done<()> {
    run(
        tx,
        "INSERT INTO audit (id, at, environment, application, actor, action, target, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            audit.id.0,
            audit.at,
            audit.environment.0,
            audit.application.map(|id| id.0),
            free_text(&audit.actor),
            free_text(audit.action),
            free_text(&audit.target),
            audit.detail.as_deref().map(free_text),
        ],
    )
    .await?;
    Ok(())
}
