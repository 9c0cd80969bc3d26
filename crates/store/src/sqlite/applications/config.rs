//! What the cache holds: an application with its endpoints, and what changed since a version.

use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    ports::store::{ApplicationConfig, Changes},
};
use rusqlite::{Connection, params};

use super::{application, endpoint};
use crate::sqlite::{
    books,
    columns::{count, id, number},
    query::{all, one},
};

/// An application with its endpoints and version.
pub(super) fn of_application(
    conn: &Connection,
    id: ApplicationId,
) -> rusqlite::Result<Option<ApplicationConfig>> {
    let sql = "SELECT document, created_at, updated_at, version FROM applications
               WHERE id = ? AND deleted_at IS NULL";
    let found = one(conn, sql, params![id.0], |row| Ok((application::read(row)?, count(row, 3)?)))?;
    let Some((application, version)) = found else { return Ok(None) };
    let endpoints = endpoint::all_of(conn, id)?;
    Ok(Some(ApplicationConfig { application, version, endpoints }))
}

/// What changed since `version`.
pub(super) fn changes_since(conn: &Connection, version: u64) -> rusqlite::Result<Changes> {
    let since = number(version)?;
    let environments = "SELECT id FROM environments WHERE version > ? ORDER BY version";
    let applications = "SELECT id FROM applications WHERE version > ? ORDER BY version";
    Ok(Changes {
        version: books::version(conn)?,
        environments: all(conn, environments, params![since], |row| id::<EnvironmentId>(row, 0))?,
        applications: all(conn, applications, params![since], |row| id::<ApplicationId>(row, 0))?,
    })
}
