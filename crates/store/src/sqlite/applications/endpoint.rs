//! Endpoints: making, changing, deleting, reading.

use fanfare_core::{
    auth::AuthSettings,
    endpoint::{Endpoint, EndpointMode},
    id::{ApplicationId, EndpointId},
    limits::APPLICATION_ENDPOINTS,
    name::{Scope, Uid},
    ports::store::{Audit, ChangeError, Named, Page, PageQuery},
};
use rusqlite::{Connection, Row, params};

use super::application;
use crate::sqlite::{
    audit,
    columns::{document, json, maybe_time, number, time},
    page::page,
    query::{Query, all, one, run},
};

/// The columns that [`read`] reads, of the table `e`.
pub(in crate::sqlite) const ENDPOINT: &str = "e.document, e.created_at, e.updated_at, e.deleted_at";

const FREE: i64 = 0;
const HELD: i64 = 1;
const DELETED: i64 = 2;

/// Makes an endpoint.
pub(super) fn create(
    tx: &Connection,
    endpoint: &Endpoint,
    most: Option<u16>,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let sql = "SELECT endpoints FROM applications WHERE id = ? AND environment = ? AND deleted_at IS NULL";
    let values = params![endpoint.application.0, audit.environment.0];
    let Some(siblings) = one(tx, sql, values, |row| row.get::<_, u32>(0))? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if siblings as usize >= APPLICATION_ENDPOINTS {
        return Ok(Err(ChangeError::Limit("an application can have at most 100000 endpoints")));
    }
    if uid_taken(tx, endpoint)? || stored(tx, endpoint.application, endpoint.id)?.is_some() {
        return Ok(Err(ChangeError::Taken));
    }
    if is_full(tx, endpoint, most)? {
        return Ok(Err(ChangeError::Full));
    }
    write(tx, endpoint)?;
    run(
        tx,
        "UPDATE applications SET endpoints = endpoints + 1 WHERE id = ?",
        params![endpoint.application.0],
    )?;
    application::bump(tx, endpoint.application)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Replaces an endpoint by its next revision.
pub(super) fn update(
    tx: &Connection,
    endpoint: &Endpoint,
    most: Option<u16>,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let Some(stored) = live(tx, endpoint.application, endpoint.id)? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if endpoint.revision != stored.revision + 1 {
        return Ok(Err(ChangeError::Stale));
    }
    if uid_taken(tx, endpoint)? {
        return Ok(Err(ChangeError::Taken));
    }
    if is_full(tx, endpoint, most)? {
        return Ok(Err(ChangeError::Full));
    }
    replace(tx, endpoint)?;
    if stored.disabled.is_some() && endpoint.disabled.is_none() {
        // A fresh start: else the first failure after days of being disabled would disable it again.
        let sql = "DELETE FROM health WHERE application = ? AND endpoint = ?";
        run(tx, sql, params![endpoint.application.0, endpoint.id.0])?;
    }
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Deletes an endpoint. Its row stays, without anything secret, for the lists of past deliveries.
pub(super) fn delete(
    tx: &Connection,
    application: ApplicationId,
    id: EndpointId,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let Some(stored) = live(tx, application, id)? else { return Ok(Err(ChangeError::NotFound)) };
    let gone = Endpoint {
        uid: None,
        keys: Vec::new(),
        headers: None,
        userinfo: None,
        auth: AuthSettings::None,
        auth_credentials: None,
        deleted_at: Some(audit.at),
        revision: stored.revision + 1,
        ..stored
    };
    replace(tx, &gone)?;
    run(tx, "UPDATE applications SET endpoints = endpoints - 1 WHERE id = ?", params![application.0])?;
    run(tx, "DELETE FROM health WHERE application = ? AND endpoint = ?", params![application.0, id.0])?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// Writes an endpoint over the stored one, holds or frees its lane, and gives its application a new version.
pub(super) fn replace(tx: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    write(tx, endpoint)?;
    let sql = "UPDATE lanes SET held = ? WHERE application = ? AND endpoint = ?";
    run(tx, sql, params![held(endpoint), endpoint.application.0, endpoint.id.0])?;
    application::bump(tx, endpoint.application)
}

fn write(tx: &Connection, endpoint: &Endpoint) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO endpoints
                   (application, id, uid, revision, held, created_at, updated_at, deleted_at, document)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        endpoint.application.0,
        endpoint.id.0,
        endpoint.uid.as_ref().map(Uid::as_str),
        number(endpoint.revision)?,
        held(endpoint),
        endpoint.created_at.0,
        endpoint.updated_at.0,
        endpoint.deleted_at.map(|at| at.0),
        json(endpoint)?,
    ];
    run(tx, sql, values).map(drop)
}

fn held(endpoint: &Endpoint) -> i64 {
    match endpoint {
        Endpoint { deleted_at: Some(_), .. } => DELETED,
        Endpoint { paused: true, .. } | Endpoint { disabled: Some(_), .. } => HELD,
        _ => FREE,
    }
}

/// An endpoint of this application.
pub(super) fn named(
    conn: &Connection,
    application: ApplicationId,
    name: &Named<EndpointId>,
) -> rusqlite::Result<Option<Endpoint>> {
    let condition = match name {
        Named::Id(_) => "e.id = ?2",
        Named::Uid(_) => "e.uid = ?2 AND e.uid IS NOT NULL",
    };
    let sql = format!(
        "SELECT {ENDPOINT} FROM endpoints e
         JOIN applications a ON a.id = e.application AND a.deleted_at IS NULL
         WHERE e.application = ?1 AND e.deleted_at IS NULL AND {condition}"
    );
    match name {
        Named::Id(id) => one(conn, &sql, params![application.0, id.0], |row| read(row, 0)),
        Named::Uid(uid) => one(conn, &sql, params![application.0, uid.as_str()], |row| read(row, 0)),
    }
}

/// A page of an application's endpoints, by id.
pub(super) fn page_of(
    conn: &Connection,
    application: ApplicationId,
    query: &PageQuery<EndpointId>,
) -> rusqlite::Result<Page<Endpoint>> {
    let mut list = Query::new(&format!(
        "SELECT {ENDPOINT} FROM endpoints e INDEXED BY endpoints_live WHERE e.deleted_at IS NULL
         AND EXISTS (SELECT 1 FROM applications a WHERE a.id = e.application AND a.deleted_at IS NULL)"
    ));
    list.with(" AND e.application = ?", application.0.to_vec());
    page(conn, list, &["e.id"], query, |row| read(row, 0))
}

/// All endpoints of an application, by id, without deleted ones.
pub(super) fn all_of(conn: &Connection, application: ApplicationId) -> rusqlite::Result<Vec<Endpoint>> {
    let sql = format!(
        "SELECT {ENDPOINT} FROM endpoints e INDEXED BY endpoints_live
         WHERE e.application = ? AND e.deleted_at IS NULL ORDER BY e.id"
    );
    all(conn, &sql, params![application.0], |row| read(row, 0))
}

/// Reads an endpoint whose columns begin at `first`; its times come from columns, which keep microseconds.
pub(in crate::sqlite) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Endpoint> {
    Ok(Endpoint {
        created_at: time(row, first + 1)?,
        updated_at: time(row, first + 2)?,
        deleted_at: maybe_time(row, first + 3)?,
        ..document(row, first)?
    })
}

/// An endpoint that was not deleted, of whichever application.
pub(super) fn live(
    conn: &Connection,
    application: ApplicationId,
    id: EndpointId,
) -> rusqlite::Result<Option<Endpoint>> {
    named(conn, application, &Named::Id(id))
}

fn stored(tx: &Connection, application: ApplicationId, id: EndpointId) -> rusqlite::Result<Option<()>> {
    let sql = "SELECT 1 FROM endpoints WHERE application = ? AND id = ?";
    one(tx, sql, params![application.0, id.0], |_| Ok(()))
}

fn uid_taken(tx: &Connection, endpoint: &Endpoint) -> rusqlite::Result<bool> {
    let Some(uid) = &endpoint.uid else { return Ok(false) };
    let holder = named(tx, endpoint.application, &Named::Uid(uid.clone()))?;
    Ok(holder.is_some_and(|holder| holder.id != endpoint.id))
}

/// Whether without this one there are already `most` of its kind.
fn is_full(tx: &Connection, endpoint: &Endpoint, most: Option<u16>) -> rusqlite::Result<bool> {
    let Some(most) = most else { return Ok(false) };
    let kind = "FROM endpoints INDEXED BY endpoints_by_kind
                WHERE application = ?1 AND deleted_at IS NULL AND id != ?2
                AND ifnull(json_extract(document, '$.mode'), 'live') = ?3";
    let scope = endpoint.scope.as_ref().map(Scope::as_str);
    let (mode, others) = match endpoint.mode {
        EndpointMode::Test => ("test", format!("SELECT 1 {kind} AND ?4 IS ?4 LIMIT ?5")),
        EndpointMode::Live => {
            ("live", format!("SELECT 1 {kind} AND json_extract(document, '$.scope') IS ?4 LIMIT ?5"))
        }
    };
    let values = params![endpoint.application.0, endpoint.id.0, mode, scope, most];
    Ok(all(tx, &others, values, |_| Ok(()))?.len() >= usize::from(most))
}
