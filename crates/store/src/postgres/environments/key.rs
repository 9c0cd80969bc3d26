//! API keys and portal tokens, found by the hash of their text.

use fanfare_core::{
    environment::{ApiKey, KeyMode, Role},
    id::{ApplicationId, EnvironmentId, KeyId},
    ports::store::{Audit, ChangeError},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::environment;
use crate::postgres::{
    audit,
    columns::{bytes, document, get, id, json, maybe_id, maybe_time, time},
    connection::Tx,
    fault::{Done, broken},
    guards::Guards,
    query::{all, one, run, values},
};

const KEY: &str = "id, environment, hash, role, application, feature_flags, created_at, expires_at, revoked_at, mode, read_only";

/// Adds a key or portal token.
pub(super) async fn create(tx: &Tx, key: &ApiKey, audit: &Audit) -> Done<()> {
    if key.role != Role::Portal {
        Guards::default().environment(key.environment).hold(tx).await?;
    }
    let sql =
        "INSERT INTO keys (id, environment, hash, role, application, feature_flags, created_at, expires_at,
                   revoked_at, mode, read_only)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = values![
        key.id.0,
        key.environment.0,
        key.hash,
        role_text(key.role),
        key.application.map(|id| id.0),
        json(&key.feature_flags)?,
        key.created_at,
        key.expires_at,
        key.revoked_at,
        key.mode.as_str(),
        key.read_only,
    ];
    run(tx, sql, values).await?;
    if key.role != Role::Portal {
        // Portal tokens come by the minute: they must not make every message be matched again.
        environment::bump(tx, key.environment).await?;
    }
    audit::write(tx, audit).await
}

/// The key with the given hash, valid or not.
pub(super) async fn by_hash(tx: &Tx, hash: [u8; 32]) -> Done<Option<ApiKey>> {
    one(tx, &format!("SELECT {KEY} FROM keys WHERE hash = $1"), values![hash], read).await
}

/// The keys of an environment, oldest first, without portal tokens.
pub(super) async fn of_environment(tx: &Tx, environment: EnvironmentId) -> Done<Vec<ApiKey>> {
    let sql = format!(
        "SELECT {KEY} FROM keys WHERE environment = $1 AND application IS NULL AND role <> 'portal'
         ORDER BY created_at, id"
    );
    all(tx, &sql, values![environment.0], read).await
}

/// Ends a key's validity; the first end counts.
pub(super) async fn revoke(tx: &Tx, key: KeyId, audit: &Audit) -> Done<Result<(), ChangeError>> {
    Guards::default().environment(audit.environment).hold(tx).await?;
    let sql = "UPDATE keys SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2 AND environment = $3";
    if run(tx, sql, values![audit.at, key.0, audit.environment.0]).await? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    environment::bump(tx, audit.environment).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Lets all portal tokens of an application end, if they would live longer.
pub(super) async fn expire_portal_tokens(
    tx: &Tx,
    application: ApplicationId,
    end: Timestamp,
    audit: &Audit,
) -> Done<u64> {
    let sql = "UPDATE keys SET expires_at = $1 WHERE application = $2 AND environment = $3
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)";
    let ended = run(tx, sql, values![end, application.0, audit.environment.0]).await?;
    audit::write(tx, audit).await?;
    Ok(ended)
}

fn read(row: &Row) -> Done<ApiKey> {
    Ok(ApiKey {
        id: id(row, 0)?,
        environment: id(row, 1)?,
        hash: bytes(row, 2)?,
        role: role(row, 3)?,
        application: maybe_id(row, 4)?,
        feature_flags: document(row, 5)?,
        created_at: time(row, 6)?,
        expires_at: maybe_time(row, 7)?,
        revoked_at: maybe_time(row, 8)?,
        mode: mode(row, 9)?,
        read_only: get(row, 10)?,
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

fn mode(row: &Row, column: usize) -> Done<KeyMode> {
    let text = get::<&str>(row, column)?;
    let mode = [KeyMode::Live, KeyMode::Test].into_iter().find(|mode| mode.as_str() == text);
    mode.ok_or_else(|| broken(format!("unknown mode of a key {text}")))
}

fn role(row: &Row, column: usize) -> Done<Role> {
    let text = get::<&str>(row, column)?;
    let role = [Role::Admin, Role::Publisher, Role::Viewer, Role::Portal]
        .into_iter()
        .find(|role| role_text(*role) == text);
    role.ok_or_else(|| broken(format!("unknown role {text}")))
}
