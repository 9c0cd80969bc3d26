//! Applications: making, changing, deleting, reading.

use fanfare_core::{
    application::Application,
    id::{ApplicationId, EnvironmentId},
    name::Uid,
    ports::store::{Audit, ChangeError, Named, Page, PageQuery},
    time::Timestamp,
};
use tokio_postgres::Row;

use crate::postgres::{
    audit,
    books::next_version,
    columns::{document, json, number, time},
    connection::Tx,
    fault::Done,
    guards::Guards,
    page::page,
    query::{Query, one, run, values},
};

const APPLICATION: &str = "document, created_at, updated_at";

/// Makes an application.
pub(super) async fn create(
    tx: &Tx,
    application: &Application,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    // From here on no other change of configuration comes in between.
    let version = number(next_version(tx).await?)?;
    if uid_taken(tx, application).await? || id_taken(tx, application.id).await? {
        return Ok(Err(ChangeError::Taken));
    }
    if !environment_exists(tx, application.environment).await? {
        return Ok(Err(ChangeError::NotFound));
    }
    let sql = "INSERT INTO applications (id, environment, uid, version, endpoints, created_at, updated_at, document)
               VALUES ($1, $2, $3, $4, 0, $5, $6, $7)";
    let values = values![
        application.id.0,
        application.environment.0,
        application.uid.as_ref().map(Uid::as_str),
        version,
        application.created_at,
        application.updated_at,
        json(application)?,
    ];
    run(tx, sql, values).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Replaces an application that was not changed since it was `seen`.
pub(super) async fn update(
    tx: &Tx,
    application: &Application,
    seen: Timestamp,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    Guards::default().application(application.id).hold(tx).await?;
    let version = number(next_version(tx).await?)?;
    let Some(stored) = named(tx, application.environment, &Named::Id(application.id)).await? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if stored.updated_at != seen {
        return Ok(Err(ChangeError::Stale));
    }
    if uid_taken(tx, application).await? {
        return Ok(Err(ChangeError::Taken));
    }
    let sql =
        "UPDATE applications SET uid = $1, version = $2, created_at = $3, updated_at = $4, document = $5
               WHERE id = $6";
    let values = values![
        application.uid.as_ref().map(Uid::as_str),
        version,
        application.created_at,
        application.updated_at,
        json(application)?,
        application.id.0,
    ];
    run(tx, sql, values).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Deletes an application: gone at once for every reader, its lanes held; its rows are erased later.
pub(super) async fn delete(tx: &Tx, id: ApplicationId, audit: &Audit) -> Done<Result<(), ChangeError>> {
    Guards::default().application(id).hold(tx).await?;
    if named(tx, audit.environment, &Named::Id(id)).await?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    bump(tx, id).await?;
    run(tx, "UPDATE applications SET deleted_at = $1 WHERE id = $2", values![audit.at, id.0]).await?;
    run(tx, "UPDATE lanes SET held = 2 WHERE application = $1", values![id.0]).await?;
    // Portal tokens for it open nothing from now on.
    let revoke = "UPDATE keys SET revoked_at = $1 WHERE application = $2 AND revoked_at IS NULL";
    run(tx, revoke, values![audit.at, id.0]).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// An application of this environment.
pub(super) async fn named(
    tx: &Tx,
    environment: EnvironmentId,
    name: &Named<ApplicationId>,
) -> Done<Option<Application>> {
    let select = |condition: &str| {
        format!(
            "SELECT {APPLICATION} FROM applications
             WHERE environment = $1 AND deleted_at IS NULL AND {condition}"
        )
    };
    match name {
        Named::Id(id) => one(tx, &select("id = $2"), values![environment.0, id.0], read).await,
        Named::Uid(uid) => one(tx, &select("uid = $2"), values![environment.0, uid.as_str()], read).await,
    }
}

/// A page of an environment's applications, by id.
pub(super) async fn page_of(
    tx: &Tx,
    environment: EnvironmentId,
    query: &PageQuery<ApplicationId>,
) -> Done<Page<Application>> {
    let mut list = Query::new(&format!("SELECT {APPLICATION} FROM applications WHERE deleted_at IS NULL"));
    list.with(" AND environment = ?", environment.0);
    page(tx, list, &["id"], query, read).await
}

/// Gives an application the next version. Its guard is held.
pub(super) async fn bump(tx: &Tx, id: ApplicationId) -> Done<()> {
    let version = number(next_version(tx).await?)?;
    run(tx, "UPDATE applications SET version = $1 WHERE id = $2", values![version, id.0]).await.map(drop)
}

/// Reads an application; its times come from columns, which keep microseconds.
pub(super) fn read(row: &Row) -> Done<Application> {
    Ok(Application { created_at: time(row, 1)?, updated_at: time(row, 2)?, ..document(row, 0)? })
}

async fn uid_taken(tx: &Tx, application: &Application) -> Done<bool> {
    let Some(uid) = &application.uid else { return Ok(false) };
    let holder = named(tx, application.environment, &Named::Uid(uid.clone())).await?;
    Ok(holder.is_some_and(|holder| holder.id != application.id))
}

async fn id_taken(tx: &Tx, id: ApplicationId) -> Done<bool> {
    Ok(one(tx, "SELECT 1 FROM applications WHERE id = $1", values![id.0], |_| Ok(())).await?.is_some())
}

async fn environment_exists(tx: &Tx, id: EnvironmentId) -> Done<bool> {
    Ok(one(tx, "SELECT 1 FROM environments WHERE id = $1", values![id.0], |_| Ok(())).await?.is_some())
}
