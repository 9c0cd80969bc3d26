//! Environments and their versions.

use std::collections::BTreeSet;

use fanfare_core::{
    environment::{Environment, EventType},
    id::EnvironmentId,
    name::ProfileName,
    portal::Portal,
    ports::store::{Audit, ChangeError, EnvironmentConfig},
};
use rusqlite::{Connection, Row, params};

use super::event_type;
use crate::sqlite::{
    audit,
    books::next_version,
    columns::{count, id, json, maybe_document, name, number, time},
    query::{all, one, run},
};

const ENVIRONMENT: &str = "id, name, profile, created_at, portal";

/// Makes an environment with its event types.
pub(super) fn create(
    tx: &Connection,
    environment: &Environment,
    event_types: &[EventType],
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let taken = "SELECT 1 FROM environments WHERE name = ? OR id = ?";
    if one(tx, taken, params![environment.name, environment.id.0], |_| Ok(()))?.is_some() {
        return Ok(Err(ChangeError::Taken));
    }
    let sql =
        "INSERT INTO environments (id, name, profile, created_at, version, portal) VALUES (?, ?, ?, ?, ?, ?)";
    let values = params![
        environment.id.0,
        environment.name,
        environment.profile.as_str(),
        environment.created_at.0,
        number(next_version(tx)?)?,
        json(&environment.portal)?,
    ];
    run(tx, sql, values)?;
    for event_type in event_types {
        event_type::write(tx, environment.id, event_type)?;
    }
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// The profiles of environments and endpoints.
pub(super) fn profiles_in_use(conn: &Connection) -> rusqlite::Result<BTreeSet<ProfileName>> {
    let own = "SELECT profile FROM environments UNION
               SELECT json_extract(document, '$.profile') FROM endpoints INDEXED BY endpoints_by_own_profile
               WHERE deleted_at IS NULL AND json_extract(document, '$.profile') IS NOT NULL";
    let names = all(conn, own, &[], |row| name(row, 0))?;
    Ok(names.into_iter().collect())
}

/// All environments, by name.
pub(super) fn list(conn: &Connection) -> rusqlite::Result<Vec<Environment>> {
    all(conn, &format!("SELECT {ENVIRONMENT} FROM environments ORDER BY name"), &[], read)
}

/// An environment with its catalogue.
pub(super) fn config(conn: &Connection, id: EnvironmentId) -> rusqlite::Result<Option<EnvironmentConfig>> {
    let sql = format!("SELECT {ENVIRONMENT}, version FROM environments WHERE id = ?");
    let found = one(conn, &sql, params![id.0], |row| Ok((read(row)?, count(row, 5)?)))?;
    let Some((environment, version)) = found else { return Ok(None) };
    Ok(Some(EnvironmentConfig { environment, version, event_types: event_type::all_of(conn, id)? }))
}

/// Replaces how the portal of an environment looks.
pub(super) fn change_portal(
    tx: &Connection,
    id: EnvironmentId,
    portal: &Portal,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let sql = "UPDATE environments SET portal = ? WHERE id = ?";
    if run(tx, sql, params![json(portal)?, id.0])? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    bump(tx, id)?;
    audit::write(tx, audit).map(Ok)
}

/// Gives an environment the next version.
pub(super) fn bump(tx: &Connection, id: EnvironmentId) -> rusqlite::Result<()> {
    let version = number(next_version(tx)?)?;
    run(tx, "UPDATE environments SET version = ? WHERE id = ?", params![version, id.0]).map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Environment> {
    Ok(Environment {
        id: id(row, 0)?,
        name: row.get(1)?,
        profile: name(row, 2)?,
        created_at: time(row, 3)?,
        portal: maybe_document(row, 4)?.unwrap_or_default(),
    })
}
