//! Environments and their versions.

use std::collections::BTreeSet;

use fanfare_core::{
    environment::{Environment, EventType},
    id::EnvironmentId,
    name::ProfileName,
    portal::Portal,
    ports::store::{Audit, ChangeError, EnvironmentConfig},
};
use tokio_postgres::Row;

use super::event_type;
use crate::postgres::{
    audit,
    books::next_version,
    columns::{count, get, id, json, maybe_document, name, number, time},
    connection::Tx,
    fault::Done,
    guards::Guards,
    query::{all, one, run, values},
};

const ENVIRONMENT: &str = "id, name, profile, created_at, portal";

/// Makes an environment with its event types.
pub(super) async fn create(
    tx: &Tx,
    environment: &Environment,
    event_types: &[EventType],
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    let sql = "INSERT INTO environments (id, name, profile, created_at, version, portal)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let values = values![
        environment.id.0,
        environment.name.as_str(),
        environment.profile.as_str(),
        environment.created_at,
        number(next_version(tx).await?)?,
        json(&environment.portal)?,
    ];
    if run(tx, sql, values).await? == 0 {
        return Ok(Err(ChangeError::Taken));
    }
    for event_type in event_types {
        event_type::write(tx, environment.id, event_type).await?;
    }
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// The profiles of environments and endpoints.
pub(super) async fn profiles_in_use(tx: &Tx) -> Done<BTreeSet<ProfileName>> {
    let own = "SELECT profile FROM environments UNION
               SELECT profile FROM endpoints WHERE deleted_at IS NULL AND profile IS NOT NULL";
    let names = all(tx, own, values![], |row| name(row, 0)).await?;
    Ok(names.into_iter().collect())
}

/// All environments, by name.
pub(super) async fn list(tx: &Tx) -> Done<Vec<Environment>> {
    all(tx, &format!("SELECT {ENVIRONMENT} FROM environments ORDER BY name"), values![], read).await
}

/// An environment with its catalogue.
pub(super) async fn config(tx: &Tx, id: EnvironmentId) -> Done<Option<EnvironmentConfig>> {
    let sql = format!("SELECT {ENVIRONMENT}, version FROM environments WHERE id = $1");
    let found = one(tx, &sql, values![id.0], |row| Ok((read(row)?, count(row, 5)?))).await?;
    let Some((environment, version)) = found else { return Ok(None) };
    Ok(Some(EnvironmentConfig { environment, version, event_types: event_type::all_of(tx, id).await? }))
}

/// Replaces how the portal of an environment looks.
pub(super) async fn change_portal(
    tx: &Tx,
    id: EnvironmentId,
    portal: &Portal,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    Guards::default().environment(id).hold(tx).await?;
    let sql = "UPDATE environments SET portal = $1 WHERE id = $2";
    if run(tx, sql, values![json(portal)?, id.0]).await? == 0 {
        return Ok(Err(ChangeError::NotFound));
    }
    bump(tx, id).await?;
    audit::write(tx, audit).await.map(Ok)
}

/// Gives an environment the next version. Its guard is held.
pub(super) async fn bump(tx: &Tx, id: EnvironmentId) -> Done<()> {
    let version = number(next_version(tx).await?)?;
    run(tx, "UPDATE environments SET version = $1 WHERE id = $2", values![version, id.0]).await.map(drop)
}

fn read(row: &Row) -> Done<Environment> {
    Ok(Environment {
        id: id(row, 0)?,
        name: get(row, 1)?,
        profile: name(row, 2)?,
        created_at: time(row, 3)?,
        portal: maybe_document(row, 4)?.unwrap_or_default(),
    })
}
