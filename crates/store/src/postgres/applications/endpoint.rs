//! Endpoints: making, changing, deleting, reading.

use fanfare_core::{
    auth::AuthSettings,
    endpoint::{Endpoint, EndpointMode},
    id::{ApplicationId, EndpointId},
    limits::APPLICATION_ENDPOINTS,
    name::{ProfileName, Scope, Uid},
    ports::store::{Audit, ChangeError, Named, Page, PageQuery},
};
use tokio_postgres::Row;

use super::application;
use crate::postgres::{
    audit,
    columns::{count, document, json, maybe_time, number, time},
    connection::Tx,
    fault::Done,
    guards::Guards,
    page::page,
    query::{Query, all, one, run, values},
};

/// The columns that [`read`] reads, of the table `e`.
pub(in crate::postgres) const ENDPOINT: &str = "e.document, e.created_at, e.updated_at, e.deleted_at";

const FREE: i16 = 0;
const HELD: i16 = 1;
const DELETED: i16 = 2;

/// Makes an endpoint.
pub(super) async fn create(
    tx: &Tx,
    endpoint: &Endpoint,
    most: Option<u16>,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    Guards::default().application(endpoint.application).hold(tx).await?;
    let sql = "SELECT endpoints FROM applications WHERE id = $1 AND environment = $2 AND deleted_at IS NULL";
    let values = values![endpoint.application.0, audit.environment.0];
    let Some(siblings) = one(tx, sql, values, |row| count::<usize>(row, 0)).await? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if siblings >= APPLICATION_ENDPOINTS {
        return Ok(Err(ChangeError::Limit("an application can have at most 100000 endpoints")));
    }
    if uid_taken(tx, endpoint).await? || stored(tx, endpoint.application, endpoint.id).await?.is_some() {
        return Ok(Err(ChangeError::Taken));
    }
    if is_full(tx, endpoint, most).await? {
        return Ok(Err(ChangeError::Full));
    }
    write(tx, endpoint).await?;
    run(
        tx,
        "UPDATE applications SET endpoints = endpoints + 1 WHERE id = $1",
        values![endpoint.application.0],
    )
    .await?;
    application::bump(tx, endpoint.application).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Replaces an endpoint by its next revision.
pub(super) async fn update(
    tx: &Tx,
    endpoint: &Endpoint,
    most: Option<u16>,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    Guards::default().application(endpoint.application).hold(tx).await?;
    let Some(stored) = live(tx, endpoint.application, endpoint.id).await? else {
        return Ok(Err(ChangeError::NotFound));
    };
    if endpoint.revision != stored.revision + 1 {
        return Ok(Err(ChangeError::Stale));
    }
    if uid_taken(tx, endpoint).await? {
        return Ok(Err(ChangeError::Taken));
    }
    if is_full(tx, endpoint, most).await? {
        return Ok(Err(ChangeError::Full));
    }
    replace(tx, endpoint).await?;
    if stored.disabled.is_some() && endpoint.disabled.is_none() {
        // A fresh start: else the first failure after days of being disabled would disable it again.
        let sql = "DELETE FROM health WHERE application = $1 AND endpoint = $2";
        run(tx, sql, values![endpoint.application.0, endpoint.id.0]).await?;
    }
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Deletes an endpoint. Its row stays, without anything secret, for the lists of past deliveries.
pub(super) async fn delete(
    tx: &Tx,
    application: ApplicationId,
    id: EndpointId,
    audit: &Audit,
) -> Done<Result<(), ChangeError>> {
    Guards::default().application(application).hold(tx).await?;
    let Some(stored) = live(tx, application, id).await? else { return Ok(Err(ChangeError::NotFound)) };
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
    replace(tx, &gone).await?;
    run(tx, "UPDATE applications SET endpoints = endpoints - 1 WHERE id = $1", values![application.0])
        .await?;
    run(tx, "DELETE FROM health WHERE application = $1 AND endpoint = $2", values![application.0, id.0])
        .await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

/// Writes an endpoint over the stored one, holds or frees its lane, and gives its application a new version.
/// The application's guard is held alone.
pub(super) async fn replace(tx: &Tx, endpoint: &Endpoint) -> Done<()> {
    write(tx, endpoint).await?;
    let sql = "UPDATE lanes SET held = $1 WHERE application = $2 AND endpoint = $3";
    run(tx, sql, values![held(endpoint), endpoint.application.0, endpoint.id.0]).await?;
    application::bump(tx, endpoint.application).await
}

async fn write(tx: &Tx, endpoint: &Endpoint) -> Done<()> {
    let sql =
        "INSERT INTO endpoints (application, id, uid, revision, held, created_at, updated_at, deleted_at,
                   document, mode, scope, profile)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
               ON CONFLICT (application, id) DO UPDATE
               SET uid = excluded.uid, revision = excluded.revision, held = excluded.held,
                   created_at = excluded.created_at, updated_at = excluded.updated_at,
                   deleted_at = excluded.deleted_at, document = excluded.document, mode = excluded.mode,
                   scope = excluded.scope, profile = excluded.profile";
    let values = values![
        endpoint.application.0,
        endpoint.id.0,
        endpoint.uid.as_ref().map(Uid::as_str),
        number(endpoint.revision)?,
        held(endpoint),
        endpoint.created_at,
        endpoint.updated_at,
        endpoint.deleted_at,
        json(endpoint)?,
        mode_text(endpoint.mode),
        endpoint.scope.as_ref().map(Scope::as_str),
        endpoint.profile.as_ref().map(ProfileName::as_str),
    ];
    run(tx, sql, values).await.map(drop)
}

fn mode_text(mode: EndpointMode) -> &'static str {
    match mode {
        EndpointMode::Live => "live",
        EndpointMode::Test => "test",
    }
}

fn held(endpoint: &Endpoint) -> i16 {
    match endpoint {
        Endpoint { deleted_at: Some(_), .. } => DELETED,
        Endpoint { paused: true, .. } | Endpoint { disabled: Some(_), .. } => HELD,
        _ => FREE,
    }
}

/// An endpoint of this application.
pub(super) async fn named(
    tx: &Tx,
    application: ApplicationId,
    name: &Named<EndpointId>,
) -> Done<Option<Endpoint>> {
    let condition = match name {
        Named::Id(_) => "e.id = $2",
        Named::Uid(_) => "e.uid = $2 AND e.uid IS NOT NULL",
    };
    let sql = format!(
        "SELECT {ENDPOINT} FROM endpoints e
         JOIN applications a ON a.id = e.application AND a.deleted_at IS NULL
         WHERE e.application = $1 AND e.deleted_at IS NULL AND {condition}"
    );
    match name {
        Named::Id(id) => one(tx, &sql, values![application.0, id.0], |row| read(row, 0)).await,
        Named::Uid(uid) => one(tx, &sql, values![application.0, uid.as_str()], |row| read(row, 0)).await,
    }
}

/// A page of an application's endpoints, by id.
pub(super) async fn page_of(
    tx: &Tx,
    application: ApplicationId,
    query: &PageQuery<EndpointId>,
) -> Done<Page<Endpoint>> {
    let mut list = Query::new(&format!(
        "SELECT {ENDPOINT} FROM endpoints e WHERE e.deleted_at IS NULL
         AND EXISTS (SELECT 1 FROM applications a WHERE a.id = e.application AND a.deleted_at IS NULL)"
    ));
    list.with(" AND e.application = ?", application.0);
    page(tx, list, &["e.id"], query, |row| read(row, 0)).await
}

/// All endpoints of an application, by id, without deleted ones.
pub(super) async fn all_of(tx: &Tx, application: ApplicationId) -> Done<Vec<Endpoint>> {
    let sql = format!(
        "SELECT {ENDPOINT} FROM endpoints e 
         WHERE e.application = $1 AND e.deleted_at IS NULL ORDER BY e.id"
    );
    all(tx, &sql, values![application.0], |row| read(row, 0)).await
}

/// Reads an endpoint whose columns begin at `first`; its times come from columns, which keep microseconds.
pub(in crate::postgres) fn read(row: &Row, first: usize) -> Done<Endpoint> {
    Ok(Endpoint {
        created_at: time(row, first + 1)?,
        updated_at: time(row, first + 2)?,
        deleted_at: maybe_time(row, first + 3)?,
        ..document(row, first)?
    })
}

/// An endpoint that was not deleted, of whichever application.
pub(super) async fn live(tx: &Tx, application: ApplicationId, id: EndpointId) -> Done<Option<Endpoint>> {
    named(tx, application, &Named::Id(id)).await
}

async fn stored(tx: &Tx, application: ApplicationId, id: EndpointId) -> Done<Option<()>> {
    let sql = "SELECT 1 FROM endpoints WHERE application = $1 AND id = $2";
    one(tx, sql, values![application.0, id.0], |_| Ok(())).await
}

async fn uid_taken(tx: &Tx, endpoint: &Endpoint) -> Done<bool> {
    let Some(uid) = &endpoint.uid else { return Ok(false) };
    let holder = named(tx, endpoint.application, &Named::Uid(uid.clone())).await?;
    Ok(holder.is_some_and(|holder| holder.id != endpoint.id))
}

/// Whether without this one there are already `most` of its kind.
async fn is_full(tx: &Tx, endpoint: &Endpoint, most: Option<u16>) -> Done<bool> {
    let Some(most) = most else { return Ok(false) };
    let mut others = Query::new("SELECT 1 FROM endpoints WHERE deleted_at IS NULL");
    others
        .with(" AND application = ?", endpoint.application.0)
        .with(" AND id <> ?", endpoint.id.0)
        .with(" AND mode = ?", mode_text(endpoint.mode));
    match (endpoint.mode, &endpoint.scope) {
        (EndpointMode::Test, _) => &mut others,
        (EndpointMode::Live, Some(scope)) => others.with(" AND scope = ?", scope.as_str()),
        (EndpointMode::Live, None) => others.text(" AND scope IS NULL"),
    };
    others.with(" LIMIT ?", i64::from(most));
    Ok(others.rows(tx, |_| Ok(())).await?.len() >= usize::from(most))
}
