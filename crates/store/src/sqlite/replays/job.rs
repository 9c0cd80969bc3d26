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
use rusqlite::{Connection, Row, params};

use crate::sqlite::{
    audit,
    columns::{count, id, length, maybe_id, number, set, set_text, time},
    fault::broken,
    page::page,
    query::{Query, all, one, run},
};

const COLUMNS: &str =
    "application, id, environment, endpoints, event_types, states, since, until, superseded,
     expired, missed, rate, status, after_message, after_endpoint, counted, sent, skipped, failed, error,
     created_at, updated_at";

/// Adds a job, where the application is there and has room for one more.
pub(super) fn create(
    tx: &Connection,
    job: &Replay,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let there = "SELECT 1 FROM applications WHERE id = ? AND deleted_at IS NULL";
    if one(tx, there, params![job.application.0], |_| Ok(()))?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let open = "SELECT count(*) FROM replays WHERE application = ? AND status <= 1";
    let open = one(tx, open, params![job.application.0], |row| count(row, 0))?;
    if open >= Some(REPLAYS_OPEN as u64) {
        return Ok(Err(ChangeError::Limit("too many replays of the application are open")));
    }
    insert(tx, job)?;
    audit::write(tx, audit)?;
    Ok(Ok(()))
}

fn insert(tx: &Connection, job: &Replay) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO replays ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let Selection { endpoints, event_types, states, since, until, superseded, expired, missed } =
        &job.selection;
    let endpoints: Option<Vec<u8>> =
        endpoints.as_ref().map(|endpoints| endpoints.iter().flat_map(|endpoint| endpoint.0).collect());
    let states = states.iter().fold(0_i64, |bits, state| bits | 1 << *state as u8);
    let values = params![
        job.application.0,
        job.id.0,
        job.environment.0,
        endpoints,
        event_types.as_ref().and_then(set_text),
        states,
        since.0,
        until.0,
        superseded,
        expired,
        missed,
        job.rate,
        job.status as u8,
        job.after.map(|(message, _)| message.0),
        job.after.map(|(_, endpoint)| endpoint.0),
        number(job.counts.counted)?,
        number(job.counts.sent)?,
        number(job.counts.skipped)?,
        number(job.counts.failed)?,
        job.error,
        job.created_at.0,
        job.updated_at.0,
    ];
    run(tx, &sql, values).map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Replay> {
    Ok(Replay {
        application: id(row, 0)?,
        id: id(row, 1)?,
        environment: id(row, 2)?,
        selection: selection(row)?,
        rate: row.get(11)?,
        status: ReplayStatus::from_number(row.get(12)?).ok_or_else(|| broken("an unknown replay status"))?,
        after: maybe_id(row, 13)?.zip(maybe_id(row, 14)?),
        counts: ReplayCounts {
            counted: count(row, 15)?,
            sent: count(row, 16)?,
            skipped: count(row, 17)?,
            failed: count(row, 18)?,
        },
        error: row.get(19)?,
        created_at: time(row, 20)?,
        updated_at: time(row, 21)?,
    })
}

fn selection(row: &Row<'_>) -> rusqlite::Result<Selection> {
    let endpoints = row.get_ref(3)?.as_blob_or_null()?.map(endpoints).transpose()?;
    let event_types = row.get_ref(4)?.as_str_or_null()?.is_some().then(|| set(row, 4)).transpose()?;
    let bits: i64 = row.get(5)?;
    let states = DeliveryState::ALL.into_iter().filter(|state| bits & (1 << *state as u8) != 0);
    Ok(Selection {
        endpoints,
        event_types,
        states: states.collect(),
        since: time(row, 6)?,
        until: time(row, 7)?,
        superseded: row.get(8)?,
        expired: row.get(9)?,
        missed: row.get(10)?,
    })
}

fn endpoints(bytes: &[u8]) -> rusqlite::Result<BTreeSet<EndpointId>> {
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    if !rest.is_empty() {
        return Err(broken("the endpoints of a replay are cut off"));
    }
    Ok(ids.iter().copied().map(EndpointId).collect())
}

/// A job of an application.
pub(super) fn by_id(
    conn: &Connection,
    application: ApplicationId,
    job: JobId,
) -> rusqlite::Result<Option<Replay>> {
    let sql = format!("SELECT {COLUMNS} FROM replays WHERE application = ? AND id = ?");
    one(conn, &sql, params![application.0, job.0], read)
}

/// A page of an application's jobs.
pub(super) fn page_of(
    conn: &Connection,
    application: ApplicationId,
    query: &PageQuery<JobId>,
) -> rusqlite::Result<Page<Replay>> {
    let mut list = Query::new(&format!("SELECT {COLUMNS} FROM replays"));
    list.with(" WHERE application = ?", application.0.to_vec());
    page(conn, list, &["id"], query, read)
}

/// A page of the jobs of an environment's applications.
pub(super) fn page_of_environment(
    conn: &Connection,
    environment: EnvironmentId,
    query: &PageQuery<JobId>,
) -> rusqlite::Result<Page<Replay>> {
    let mut list = Query::new(&format!("SELECT {COLUMNS} FROM replays INDEXED BY replays_of_environment"));
    list.with(" WHERE environment = ?", environment.0.to_vec());
    page(conn, list, &["id"], query, read)
}

/// Open jobs: each application's oldest first, so that many of one leave the others room.
pub(super) fn open(conn: &Connection, limit: usize) -> rusqlite::Result<Vec<Replay>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM
             (SELECT *, row_number() OVER (PARTITION BY application ORDER BY created_at, id) AS place
              FROM replays INDEXED BY replays_open WHERE status <= 1)
         ORDER BY place, created_at, id LIMIT ?"
    );
    all(conn, &sql, params![length(limit)], read)
}

/// Calls a job off; answers whether it was open.
pub(super) fn cancel(
    tx: &Connection,
    application: ApplicationId,
    job: JobId,
    audit: &Audit,
) -> rusqlite::Result<Result<bool, ChangeError>> {
    if by_id(tx, application, job)?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let open = end(tx, (application, job), ReplayStatus::Cancelled, None, audit.at)?;
    if open {
        audit::write(tx, audit)?;
    }
    Ok(Ok(open))
}

/// Ends a job that cannot go on.
pub(super) fn fail(
    tx: &Connection,
    application: ApplicationId,
    job: JobId,
    error: &str,
    at: Timestamp,
) -> rusqlite::Result<()> {
    end(tx, (application, job), ReplayStatus::Failed, Some(error), at).map(drop)
}

fn end(
    tx: &Connection,
    (application, job): (ApplicationId, JobId),
    status: ReplayStatus,
    error: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE replays SET status = ?3, error = ?4, updated_at = ?5
               WHERE application = ?1 AND id = ?2 AND status <= 1";
    Ok(run(tx, sql, params![application.0, job.0, status as u8, error, at.0])? > 0)
}

/// Erases jobs that ended before `cutoff`; answers whether more may be left.
pub(super) fn retain(tx: &Connection, cutoff: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM replays WHERE (application, id) IN
                   (SELECT application, id FROM replays INDEXED BY replays_ended
                    WHERE status > 1 AND updated_at < ? LIMIT ?)";
    Ok(run(tx, sql, params![cutoff.0, length(limit)])? == limit)
}
