//! The catalogue of event types of an environment.

use fanfare_core::{
    environment::EventType,
    id::EnvironmentId,
    name::{EventTypeName, FeatureFlag},
    ports::store::{Audit, ChangeError, EventTypeQuery, Page, PageQuery},
};
use rusqlite::{Connection, Row, params};

use super::environment;
use crate::sqlite::{
    audit,
    columns::{document, json, time},
    page::page,
    query::{Query, all, one, run},
};

const EVENT_TYPE: &str = "document, created_at, updated_at";

/// Adds an event type, or replaces the one of that name; tells whether it was there before.
pub(super) fn put(
    tx: &Connection,
    event_type: &EventType,
    replace: bool,
    audit: &Audit,
) -> rusqlite::Result<Result<bool, ChangeError>> {
    let (environment, name) = (audit.environment, event_type.name.as_str());
    let sql = "SELECT archived FROM event_types WHERE environment = ? AND name = ?";
    let archived = one(tx, sql, params![environment.0, name], |row| row.get::<_, bool>(0))?;
    if archived == Some(false) && !replace {
        return Ok(Err(ChangeError::Taken));
    }
    if event_type.clash(&all_of(tx, environment)?).is_some() {
        return Ok(Err(ChangeError::Taken));
    }
    write(tx, environment, event_type)?;
    environment::bump(tx, environment)?;
    audit::write(tx, audit)?;
    Ok(Ok(archived.is_some()))
}

/// Writes the row of an event type, over the one of its name.
pub(super) fn write(
    tx: &Connection,
    environment: EnvironmentId,
    event_type: &EventType,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO event_types
                   (environment, name, archived, feature_flag, created_at, updated_at, document)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        environment.0,
        event_type.name.as_str(),
        event_type.archived,
        event_type.feature_flag.as_ref().map(FeatureFlag::as_str),
        event_type.created_at.0,
        event_type.updated_at.0,
        json(event_type)?,
    ];
    run(tx, sql, values).map(drop)
}

/// A page of the catalogue, by name.
pub(super) fn page_of(
    conn: &Connection,
    environment: EnvironmentId,
    wanted: &EventTypeQuery,
    query: &PageQuery<EventTypeName>,
) -> rusqlite::Result<Page<EventType>> {
    let mut list = Query::new(&format!("SELECT {EVENT_TYPE} FROM event_types"));
    list.with(" WHERE environment = ?", environment.0.to_vec());
    if !wanted.archived {
        list.text(" AND archived = 0");
    }
    if let Some(flags) = &wanted.feature_flags {
        list.text(" AND (feature_flag IS NULL OR (TRUE");
        list.with_any("feature_flag", flags.iter().map(|flag| flag.as_str().to_owned())).text("))");
    }
    page(conn, list, &["name"], query, read)
}

/// Erases an event type for good.
pub(super) fn expunge(
    tx: &Connection,
    name: &EventTypeName,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let sql = "DELETE FROM event_types WHERE environment = ? AND name = ?";
    if run(tx, sql, params![audit.environment.0, name.as_str()])? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    environment::bump(tx, audit.environment)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

/// The whole catalogue of an environment, by name.
pub(super) fn all_of(conn: &Connection, environment: EnvironmentId) -> rusqlite::Result<Vec<EventType>> {
    let sql = format!("SELECT {EVENT_TYPE} FROM event_types WHERE environment = ? ORDER BY name");
    all(conn, &sql, params![environment.0], read)
}

/// Reads an event type; its times come from columns, which keep microseconds.
fn read(row: &Row<'_>) -> rusqlite::Result<EventType> {
    Ok(EventType { created_at: time(row, 1)?, updated_at: time(row, 2)?, ..document(row, 0)? })
}
