//! The jobs themselves: made, read, ended, erased.

use std::collections::BTreeSet;

use fanfare_core::{
    delivery::DeliveryState,
    id::{ApplicationId, EndpointId, EnvironmentId, ID_BYTES, JobId},
    limits::REPLAYS_OPEN,
    ports::store::{Audit, ChangeError, Page, PageQuery},
    replay::{Replay, ReplayCounts, ReplayStatus, Selection},
    time::Timestamp,
};
use tokio_postgres::Row;

use crate::postgres::{
    audit,
    columns::{count, free_text, get, id, length, maybe_id, number, set, set_text, small, time},
    connection::Tx,
    fault::{Done, broken},
    page::page,
    query::{Query, all, one, run, values},
};

const COLUMNS: &str =
    "application, id, environment, endpoints, event_types, states, since, until, superseded,
     expired, missed, rate, status, after_message, after_endpoint, counted, sent, skipped, failed, error,
     created_at, updated_at";

/// Adds a job, where the application is there and has room for one more.
pub(super) async fn create(tx: &Tx, job: &Replay, audit: &Audit) -> Done<Result<(), ChangeError>> {
    // Held, so that of two jobs at once only one gets the last place.
    let there = "SELECT 1 FROM applications WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";
    if one(tx, there, values![job.application.0], |_| Ok(())).await?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let open = "SELECT count(*) FROM replays WHERE application = $1 AND status <= 1";
    let open = one(tx, open, values![job.application.0], |row| count(row, 0)).await?;
    if open >= Some(REPLAYS_OPEN as u64) {
        return Ok(Err(ChangeError::Limit("too many replays of the application are open")));
    }
    insert(tx, job).await?;
    audit::write(tx, audit).await?;
    Ok(Ok(()))
}

async fn insert(tx: &Tx, job: &Replay) -> Done<()> {
    let sql = format!(
        "INSERT INTO replays ({COLUMNS})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
    );
    let Selection { endpoints, event_types, states, since, until, superseded, expired, missed } =
        &job.selection;
    let endpoints: Option<Vec<u8>> =
        endpoints.as_ref().map(|endpoints| endpoints.iter().flat_map(|endpoint| endpoint.0).collect());
    let states = states.iter().fold(0_i64, |bits, state| bits | 1 << *state as u8);
    let values = values![
        job.application.0,
        job.id.0,
        job.environment.0,
        endpoints,
        event_types.as_ref().and_then(set_text),
        states,
        *since,
        *until,
        *superseded,
        *expired,
        *missed,
        job.rate.map(i64::from),
        job.status as i16,
        job.after.map(|(message, _)| message.0),
        job.after.map(|(_, endpoint)| endpoint.0),
        number(job.counts.counted)?,
        number(job.counts.sent)?,
        number(job.counts.skipped)?,
        number(job.counts.failed)?,
        job.error.as_deref().map(free_text),
        job.created_at,
        job.updated_at,
    ];
    run(tx, &sql, values).await.map(drop)
}

fn read(row: &Row) -> Done<Replay> {
    Ok(Replay {
        application: id(row, 0)?,
        id: id(row, 1)?,
        environment: id(row, 2)?,
        selection: selection(row)?,
        rate: get::<Option<i64>>(row, 11)?.map(TryInto::try_into).transpose().map_err(broken)?,
        status: ReplayStatus::from_number(small(row, 12)?)
            .ok_or_else(|| broken("an unknown replay status"))?,
        after: maybe_id(row, 13)?.zip(maybe_id(row, 14)?),
        counts: ReplayCounts {
            counted: count(row, 15)?,
            sent: count(row, 16)?,
            skipped: count(row, 17)?,
            failed: count(row, 18)?,
        },
        error: get(row, 19)?,
        created_at: time(row, 20)?,
        updated_at: time(row, 21)?,
    })
}

fn selection(row: &Row) -> Done<Selection> {
    let endpoints = get::<Option<&[u8]>>(row, 3)?.map(endpoints).transpose()?;
    let event_types = get::<Option<&str>>(row, 4)?.is_some().then(|| set(row, 4)).transpose()?;
    let bits: i64 = get(row, 5)?;
    let states = DeliveryState::ALL.into_iter().filter(|state| bits & (1 << *state as u8) != 0);
    Ok(Selection {
        endpoints,
        event_types,
        states: states.collect(),
        since: time(row, 6)?,
        until: time(row, 7)?,
        superseded: get(row, 8)?,
        expired: get(row, 9)?,
        missed: get(row, 10)?,
    })
}

fn endpoints(bytes: &[u8]) -> Done<BTreeSet<EndpointId>> {
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    if !rest.is_empty() {
        return Err(broken("the endpoints of a replay are cut off"));
    }
    Ok(ids.iter().copied().map(EndpointId).collect())
}

/// A job of an application.
pub(super) async fn by_id(tx: &Tx, application: ApplicationId, job: JobId) -> Done<Option<Replay>> {
    let sql = format!("SELECT {COLUMNS} FROM replays WHERE application = $1 AND id = $2");
    one(tx, &sql, values![application.0, job.0], read).await
}

/// A page of an application's jobs.
pub(super) async fn page_of(
    tx: &Tx,
    application: ApplicationId,
    query: &PageQuery<JobId>,
) -> Done<Page<Replay>> {
    let mut list = Query::new(&format!("SELECT {COLUMNS} FROM replays"));
    list.with(" WHERE application = ?", application.0);
    page(tx, list, &["id"], query, read).await
}

/// A page of the jobs of an environment's applications.
pub(super) async fn page_of_environment(
    tx: &Tx,
    environment: EnvironmentId,
    query: &PageQuery<JobId>,
) -> Done<Page<Replay>> {
    let mut list = Query::new(&format!("SELECT {COLUMNS} FROM replays "));
    list.with(" WHERE environment = ?", environment.0);
    page(tx, list, &["id"], query, read).await
}

/// Open jobs: each application's oldest first, so that many of one leave the others room.
pub(super) async fn open(tx: &Tx, limit: usize) -> Done<Vec<Replay>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM
             (SELECT *, row_number() OVER (PARTITION BY application ORDER BY created_at, id) AS place
              FROM replays WHERE status <= 1) AS open
         ORDER BY place, created_at, id LIMIT $1"
    );
    all(tx, &sql, values![length(limit)], read).await
}

/// Calls a job off; answers whether it was open.
pub(super) async fn cancel(
    tx: &Tx,
    application: ApplicationId,
    job: JobId,
    audit: &Audit,
) -> Done<Result<bool, ChangeError>> {
    if by_id(tx, application, job).await?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let open = end(tx, (application, job), ReplayStatus::Cancelled, None, audit.at).await?;
    if open {
        audit::write(tx, audit).await?;
    }
    Ok(Ok(open))
}

/// Ends a job that cannot go on.
pub(super) async fn fail(
    tx: &Tx,
    application: ApplicationId,
    job: JobId,
    error: &str,
    at: Timestamp,
) -> Done<()> {
    end(tx, (application, job), ReplayStatus::Failed, Some(error), at).await.map(drop)
}

async fn end(
    tx: &Tx,
    (application, job): (ApplicationId, JobId),
    status: ReplayStatus,
    error: Option<&str>,
    at: Timestamp,
) -> Done<bool> {
    let sql = "UPDATE replays SET status = $3, error = $4, updated_at = $5
               WHERE application = $1 AND id = $2 AND status <= 1";
    Ok(run(tx, sql, values![application.0, job.0, status as i16, error.map(free_text), at]).await? > 0)
}

/// Erases jobs that ended before `cutoff`; answers whether more may be left.
pub(super) async fn retain(tx: &Tx, cutoff: Timestamp, limit: usize) -> Done<bool> {
    let sql = "DELETE FROM replays WHERE (application, id) IN
                   (SELECT application, id FROM replays 
                    WHERE status > 1 AND updated_at < $1 LIMIT $2)";
    Ok(run(tx, sql, values![cutoff, length(limit)]).await? == limit as u64)
}
