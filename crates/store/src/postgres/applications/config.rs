//! What the cache holds: an application with its endpoints, and what changed since a version.

use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    ports::store::{ApplicationConfig, Changes},
};

use super::{application, endpoint};
use crate::postgres::{
    books,
    columns::{count, id, number},
    connection::Tx,
    fault::Done,
    query::{all, one, values},
};

/// An application with its endpoints and version.
pub(super) async fn of_application(tx: &Tx, id: ApplicationId) -> Done<Option<ApplicationConfig>> {
    let sql = "SELECT document, created_at, updated_at, version FROM applications
               WHERE id = $1 AND deleted_at IS NULL";
    let found = one(tx, sql, values![id.0], |row| Ok((application::read(row)?, count(row, 3)?))).await?;
    let Some((application, version)) = found else { return Ok(None) };
    let endpoints = endpoint::all_of(tx, id).await?;
    Ok(Some(ApplicationConfig { application, version, endpoints }))
}

/// What changed since `version`.
pub(super) async fn changes_since(tx: &Tx, version: u64) -> Done<Changes> {
    let since = number(version)?;
    let environments = "SELECT id FROM environments WHERE version > $1 ORDER BY version";
    let applications = "SELECT id FROM applications WHERE version > $1 ORDER BY version";
    Ok(Changes {
        version: books::version(tx).await?,
        environments: all(tx, environments, values![since], |row| id::<EnvironmentId>(row, 0)).await?,
        applications: all(tx, applications, values![since], |row| id::<ApplicationId>(row, 0)).await?,
    })
}
