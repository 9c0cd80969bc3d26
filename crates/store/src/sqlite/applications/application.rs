//! Applications: making, changing, deleting, reading.

use fanfare_core::{
    application::Application,
    id::{ApplicationId, EnvironmentId},
    name::Uid,
    ports::store::{Audit, ChangeError, Named, Page, PageQuery},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use crate::sqlite::{
    audit,
    books::next_version,
    columns::{document, json, number, time},
    page::page,
    query::{Query, one, run},
};

const APPLICATION: &str = "document, created_at, updated_at";

/// Makes an application.
pub(super) fn create(
    tx: &Connection,
    application: &Application,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    if uid_taken(tx, application)? || id_taken(tx, application.id)? {
        return Ok(Err(ChangeError::Taken));
    }
    if !environment_exists(tx, application.environment)? {
        return Ok(Err(ChangeError::NotFound));
    }
    let sql = "INSERT INTO applications (id, environment, uid, version, endpoints, created_at, updated_at, document)
               VALUES (?, ?, ?, ?, 0, ?, ?, ?)";
    let values = params![
        application.id.0,
        application.environment.0,
        application.uid.as_ref().map(Uid::as_str),
        number(next_version(tx)?)?,
        application.created_at.0,
        application.updated_at.0,
        json(application)?,
    ];
    run(tx, sql, values)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Replaces an application that was not changed since it was `seen`.
pub(super) fn update(
    tx: &Connection,
    application: &Application,
    seen: Timestamp,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let Some(stored) = named(tx, application.environment, &Named::Id(application.id))? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if stored.updated_at != seen {
        return Ok(Err(ChangeError::Stale));
    }
    if uid_taken(tx, application)? {
        return Ok(Err(ChangeError::Taken));
    }
    let sql = "UPDATE applications SET uid = ?, version = ?, created_at = ?, updated_at = ?, document = ?
               WHERE id = ?";
    let values = params![
        application.uid.as_ref().map(Uid::as_str),
        number(next_version(tx)?)?,
        application.created_at.0,
        application.updated_at.0,
        json(application)?,
        application.id.0,
    ];
    run(tx, sql, values)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Deletes an application: gone at once for every reader, its lanes held; its rows are erased later.
pub(super) fn delete(
    tx: &Connection,
    id: ApplicationId,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    if named(tx, audit.environment, &Named::Id(id))?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    bump(tx, id)?;
    run(tx, "UPDATE applications SET deleted_at = ? WHERE id = ?", params![audit.at.0, id.0])?;
    run(tx, "UPDATE lanes SET held = 2 WHERE application = ?", params![id.0])?;
    // Portal tokens for it open nothing from now on.
    let revoke = "UPDATE keys SET revoked_at = ? WHERE application = ? AND revoked_at IS NULL";
    run(tx, revoke, params![audit.at.0, id.0])?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// An application of this environment.
pub(super) fn named(
    conn: &Connection,
    environment: EnvironmentId,
    name: &Named<ApplicationId>,
) -> rusqlite::Result<Option<Application>> {
    let select = |condition: &str| {
        format!(
            "SELECT {APPLICATION} FROM applications
             WHERE environment = ? AND deleted_at IS NULL AND {condition}"
        )
    };
    match name {
        Named::Id(id) => one(conn, &select("id = ?"), params![environment.0, id.0], read),
        // `uid = ?` alone would not let the planner use the partial index on uids that are set.
        Named::Uid(uid) => {
            one(conn, &select("uid = ? AND uid IS NOT NULL"), params![environment.0, uid.as_str()], read)
        }
    }
}

/// A page of an environment's applications, by id.
pub(super) fn page_of(
    conn: &Connection,
    environment: EnvironmentId,
    query: &PageQuery<ApplicationId>,
) -> rusqlite::Result<Page<Application>> {
    let mut list = Query::new(&format!(
        "SELECT {APPLICATION} FROM applications INDEXED BY applications_of_environment WHERE deleted_at IS NULL"
    ));
    list.with(" AND environment = ?", environment.0.to_vec());
    page(conn, list, &["id"], query, read)
}

/// Gives an application the next version.
pub(super) fn bump(tx: &Connection, id: ApplicationId) -> rusqlite::Result<()> {
    let version = number(next_version(tx)?)?;
    run(tx, "UPDATE applications SET version = ? WHERE id = ?", params![version, id.0]).map(drop)
}

/// Reads an application; its times come from columns, which keep microseconds.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Application> {
    Ok(Application { created_at: time(row, 1)?, updated_at: time(row, 2)?, ..document(row, 0)? })
}

fn uid_taken(tx: &Connection, application: &Application) -> rusqlite::Result<bool> {
    let Some(uid) = &application.uid else { return Ok(false) };
    let holder = named(tx, application.environment, &Named::Uid(uid.clone()))?;
    Ok(holder.is_some_and(|holder| holder.id != application.id))
}

fn id_taken(tx: &Connection, id: ApplicationId) -> rusqlite::Result<bool> {
    Ok(one(tx, "SELECT 1 FROM applications WHERE id = ?", params![id.0], |_| Ok(()))?.is_some())
}

fn environment_exists(tx: &Connection, id: EnvironmentId) -> rusqlite::Result<bool> {
    Ok(one(tx, "SELECT 1 FROM environments WHERE id = ?", params![id.0], |_| Ok(()))?.is_some())
}
