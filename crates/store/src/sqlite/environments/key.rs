//! API keys and portal tokens, found by the hash of their text.

use fanfare_core::{
    environment::{ApiKey, KeyMode, Role},
    id::{ApplicationId, EnvironmentId, KeyId},
    ports::store::{Audit, ChangeError},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::environment;
use crate::sqlite::{
    audit,
    columns::{document, id, json, maybe_id, maybe_time, time},
    fault::broken,
    query::{all, one, run},
};

const KEY: &str = "id, environment, hash, role, application, feature_flags, created_at, expires_at, revoked_at, mode, read_only";

/// Adds a key or portal token.
pub(super) fn create(tx: &Connection, key: &ApiKey, audit: &Audit) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO keys (id, environment, hash, role, application, feature_flags, created_at, expires_at,
                   revoked_at, mode, read_only)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        key.id.0,
        key.environment.0,
        key.hash,
        role_text(key.role),
        key.application.map(|id| id.0),
        json(&key.feature_flags)?,
        key.created_at.0,
        key.expires_at.map(|at| at.0),
        key.revoked_at.map(|at| at.0),
        key.mode.as_str(),
        key.read_only,
    ];
    run(tx, sql, values)?;
    if key.role != Role::Portal {
        // Portal tokens come by the minute: they must not make every message be matched again.
        environment::bump(tx, key.environment)?;
    }
    audit::write(tx, audit)
}

/// The key with the given hash, valid or not.
pub(super) fn by_hash(conn: &Connection, hash: [u8; 32]) -> rusqlite::Result<Option<ApiKey>> {
    one(conn, &format!("SELECT {KEY} FROM keys WHERE hash = ?"), params![hash], read)
}

/// The keys of an environment, oldest first, without portal tokens.
pub(super) fn of_environment(conn: &Connection, environment: EnvironmentId) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!(
        "SELECT {KEY} FROM keys WHERE environment = ? AND application IS NULL AND role <> 'portal'
         ORDER BY created_at, id"
    );
    all(conn, &sql, params![environment.0], read)
}

/// Ends a key's validity; the first end counts.
pub(super) fn revoke(
    tx: &Connection,
    key: KeyId,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let sql = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND environment = ?";
    if run(tx, sql, params![audit.at.0, key.0, audit.environment.0])? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    environment::bump(tx, audit.environment)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Lets all portal tokens of an application end, if they would live longer.
pub(super) fn expire_portal_tokens(
    tx: &Connection,
    application: ApplicationId,
    end: Timestamp,
    audit: &Audit,
) -> rusqlite::Result<u64> {
    let sql = "UPDATE keys SET expires_at = ?1 WHERE application = ?2 AND environment = ?3
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)";
    let ended = run(tx, sql, params![end.0, application.0, audit.environment.0])?;
    audit::write(tx, audit)?;
    Ok(ended as u64)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: id(row, 0)?,
        environment: id(row, 1)?,
        hash: row.get(2)?,
        role: role(row, 3)?,
        application: maybe_id(row, 4)?,
        feature_flags: document(row, 5)?,
        created_at: time(row, 6)?,
        expires_at: maybe_time(row, 7)?,
        revoked_at: maybe_time(row, 8)?,
        mode: mode(row, 9)?,
        read_only: row.get(10)?,
    })
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Publisher => "publisher",
        Role::Viewer => "viewer",
        Role::Portal => "portal",
    }
}

fn mode(row: &Row<'_>, column: usize) -> rusqlite::Result<KeyMode> {
    let text = row.get_ref(column)?.as_str()?;
    let mode = [KeyMode::Live, KeyMode::Test].into_iter().find(|mode| mode.as_str() == text);
    mode.ok_or_else(|| broken(format!("unknown mode of a key {text}")))
}

fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let text = row.get_ref(column)?.as_str()?;
    let role = [Role::Admin, Role::Publisher, Role::Viewer, Role::Portal]
        .into_iter()
        .find(|role| role_text(*role) == text);
    role.ok_or_else(|| broken(format!("unknown role {text}")))
}
