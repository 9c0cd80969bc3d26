//! The catalogue of event types of an environment.

use fanfare_core::{
    environment::EventType,
    id::EnvironmentId,
    name::{EventTypeName, FeatureFlag},
    ports::store::{Audit, ChangeError, EventTypeQuery, Page, PageQuery},
};
use tokio_postgres::Row;

use super::environment;
use crate::postgres::{
    audit,
    columns::{document, get, json, time},
    connection::Tx,
    fault::Done,
    guards::Guards,
    page::page,
    query::{Query, all, one, run, values},
};

const EVENT_TYPE: &str = "document, created_at, updated_at";

/// Adds an event type, or replaces the one of that name; tells whether it was there before.
pub(super) async fn put(
    tx: &Tx,
    event_type: &EventType,
    replace: bool,
    audit: &Audit,
) -> Done<Result<bool, ChangeError>> {
    Guards::default().environment(audit.environment).hold(tx).await?;
    let (environment, name) = (audit.environment, event_type.name.as_str());
    let sql = "SELECT archived FROM event_types WHERE environment = $1 AND name = $2";
    let archived = one(tx, sql, values![environment.0, name], |row| get::<bool>(row, 0)).await?;
    if archived == Some(false) && !replace {
        return Ok(Err(ChangeError::Taken));
    }
    if event_type.clash(&all_of(tx, environment).await?).is_some() {
        return Ok(Err(ChangeError::Taken));
    }
    write(tx, environment, event_type).await?;
    environment::bump(tx, environment).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(archived.is_some()))
}

/// Writes the row of an event type, over the one of its name.
pub(super) async fn write(tx: &Tx, environment: EnvironmentId, event_type: &EventType) -> Done<()> {
    let sql = "INSERT INTO event_types
                   (environment, name, archived, feature_flag, created_at, updated_at, document)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (environment, name) DO UPDATE
               SET archived = excluded.archived, feature_flag = excluded.feature_flag,
                   created_at = excluded.created_at, updated_at = excluded.updated_at,
                   document = excluded.document";
    let values = values![
        environment.0,
        event_type.name.as_str(),
        event_type.archived,
        event_type.feature_flag.as_ref().map(FeatureFlag::as_str),
        event_type.created_at,
        event_type.updated_at,
        json(event_type)?,
    ];
    run(tx, sql, values).await.map(drop)
}

/// A page of the catalogue, by name.
pub(super) async fn page_of(
    tx: &Tx,
    environment: EnvironmentId,
    wanted: &EventTypeQuery,
    query: &PageQuery<EventTypeName>,
) -> Done<Page<EventType>> {
    let mut list = Query::new(&format!("SELECT {EVENT_TYPE} FROM event_types"));
    list.with(" WHERE environment = ?", environment.0);
    if !wanted.archived {
        list.text(" AND NOT archived");
    }
    if let Some(flags) = &wanted.feature_flags {
        list.text(" AND (feature_flag IS NULL OR (TRUE");
        let flags: Vec<_> = flags.iter().map(|flag| flag.as_str().to_owned()).collect();
        list.with_any("feature_flag", flags).text("))");
    }
    page(tx, list, &["name"], query, read).await
}

/// Erases an event type for good.
pub(super) async fn expunge(tx: &Tx, name: &EventTypeName, audit: &Audit) -> Done<Result<(), ChangeError>> {
    Guards::default().environment(audit.environment).hold(tx).await?;
    let sql = "DELETE FROM event_types WHERE environment = $1 AND name = $2";
    if run(tx, sql, values![audit.environment.0, name.as_str()]).await? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    environment::bump(tx, audit.environment).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// The whole catalogue of an environment, by name.
pub(super) async fn all_of(tx: &Tx, environment: EnvironmentId) -> Done<Vec<EventType>> {
    let sql = format!("SELECT {EVENT_TYPE} FROM event_types WHERE environment = $1 ORDER BY name");
    all(tx, &sql, values![environment.0], read).await
}

/// Reads an event type; its times come from columns, which keep microseconds.
fn read(row: &Row) -> Done<EventType> {
    Ok(EventType { created_at: time(row, 1)?, updated_at: time(row, 2)?, ..document(row, 0)? })
}
