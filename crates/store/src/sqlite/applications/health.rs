//! Health of endpoints: since when they only fail, and disabling one that has failed enough.

use fanfare_core::{
    endpoint::{DisableReason, Disabled, Endpoint},
    id::{ApplicationId, AuditId},
    ports::store::{Audit, Health, Record},
};
use rusqlite::{Connection, params};

use super::endpoint;
use crate::sqlite::{
    audit,
    columns::{id, maybe_time},
    query::all,
};

/// Health of the application's failing endpoints.
pub(super) fn of_application(conn: &Connection, application: ApplicationId) -> rusqlite::Result<Vec<Health>> {
    let sql = "SELECT endpoint, failing_since FROM health WHERE application = ? ORDER BY endpoint";
    all(conn, sql, params![application.0], |row| {
        Ok(Health { endpoint: id(row, 0)?, failing_since: maybe_time(row, 1)? })
    })
}

/// Disables the endpoint of a recorded delivery, unless it is disabled or deleted already.
pub(in crate::sqlite) fn disable_endpoint(
    tx: &Connection,
    record: &Record,
    reason: DisableReason,
) -> rusqlite::Result<()> {
    let key = &record.key;
    let Some(stored) = endpoint::live(tx, key.application, key.endpoint)? else { return Ok(()) };
    if stored.disabled.is_some() {
        return Ok(());
    }
    let disabled = Endpoint {
        disabled: Some(Disabled { at: record.at, reason }),
        updated_at: record.at,
        revision: stored.revision + 1,
        ..stored
    };
    endpoint::replace(tx, &disabled)?;
    audit::write(tx, &audit_of(record, reason))
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
