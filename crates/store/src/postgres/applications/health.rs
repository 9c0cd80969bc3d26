//! Health of endpoints: since when they only fail, and disabling one that has failed enough.

use fanfare_core::{
    endpoint::{DisableReason, Disabled, Endpoint},
    id::{ApplicationId, AuditId},
    ports::store::{Audit, Health, Record},
};

use super::endpoint;
use crate::postgres::{
    audit,
    columns::{id, maybe_time},
    connection::Tx,
    fault::Done,
    query::{all, values},
};

/// Health of the application's failing endpoints.
pub(super) async fn of_application(tx: &Tx, application: ApplicationId) -> Done<Vec<Health>> {
    let sql = "SELECT endpoint, failing_since FROM health WHERE application = $1 ORDER BY endpoint";
    all(tx, sql, values![application.0], |row| {
        Ok(Health { endpoint: id(row, 0)?, failing_since: maybe_time(row, 1)? })
    })
    .await
}

/// Disables the endpoint of a recorded delivery, unless it is disabled or deleted already. The
/// application's guard is held alone.
pub(in crate::postgres) async fn disable_endpoint(
    tx: &Tx,
    record: &Record,
    reason: DisableReason,
) -> Done<()> {
    let key = &record.key;
    let Some(stored) = endpoint::live(tx, key.application, key.endpoint).await? else { return Ok(()) };
    if stored.disabled.is_some() {
        return Ok(());
    }
    let disabled = Endpoint {
        disabled: Some(Disabled { at: record.at, reason }),
        updated_at: record.at,
        revision: stored.revision + 1,
        ..stored
    };
    endpoint::replace(tx, &disabled).await?;
    audit::write(tx, &audit_of(record, reason)).await
}

fn audit_of(record: &Record, reason: DisableReason) -> Audit {
    // An attempt disables at most one endpoint, once: its id is as unique as a new one would be.
    let id = record.attempt.as_ref().map_or(record.key.message.0, |attempt| attempt.id.0);
    Audit {
        id: AuditId(id),
        at: record.at,
        environment: record.environment,
        application: Some(record.key.application),
        actor: "engine".to_owned(),
        action: "endpoint.disable",
        target: record.key.endpoint.to_string(),
        detail: Some(format!("{reason:?}")),
    }
}
