//! Lanes: finding waiting work by endpoint.

mod claim;
mod unclaim;

use async_trait::async_trait;
use fanfare_core::{
    delivery::Incarnation,
    id::{ApplicationId, EndpointId},
    ports::store::{Backlog, Claimed, DueLane, DueLanes, LaneClaim, LaneStore, RestingLane, StoreResult},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    SqliteStore,
    columns::{count, id, length, maybe_time, time},
    query::{Query, run},
    waiting::{Wakes, owner_number},
};

#[async_trait]
impl LaneStore for SqliteStore {
    async fn due_lanes(
        &self,
        claimer: Incarnation,
        now: Timestamp,
        after: Option<DueLane>,
        limit: usize,
    ) -> StoreResult<DueLanes> {
        self.read(move |conn| due(conn, claimer, now, after, limit)).await
    }

    async fn claim(
        &self,
        owner: Incarnation,
        now: Timestamp,
        lanes: Vec<LaneClaim>,
    ) -> StoreResult<Vec<Claimed>> {
        self.write(move |tx| claim::claim(tx, owner, now, &lanes)).await
    }

    async fn unclaim(
        &self,
        owner: Incarnation,
        claimed_at: Timestamp,
        lanes: Vec<LaneClaim>,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.write(move |tx| unclaim::unclaim(tx, owner, claimed_at, &lanes, now)).await
    }

    async fn rest(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        until: Timestamp,
    ) -> StoreResult<()> {
        self.write(move |tx| rest(tx, application, endpoint, until)).await
    }

    async fn resting(
        &self,
        now: Timestamp,
        after: Option<RestingLane>,
        limit: usize,
    ) -> StoreResult<Vec<RestingLane>> {
        self.read(move |conn| resting(conn, now, after, limit)).await
    }

    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog> {
        self.read(move |conn| backlog(conn, now)).await
    }
}

/// One lane more than asked for is read, whether due or not: it tells when to look again.
fn due(
    conn: &Connection,
    claimer: Incarnation,
    now: Timestamp,
    after: Option<DueLane>,
    limit: usize,
) -> rusqlite::Result<DueLanes> {
    let mut query = Query::new(
        "SELECT application, endpoint, wake_at FROM lanes WHERE held = 0 AND wake_at IS NOT NULL
             AND (home IS NULL OR NOT EXISTS (SELECT 1 FROM nodes WHERE incarnation = home AND alive = 1",
    );
    query.with(" AND incarnation <> ?))", owner_number(claimer)?);
    if let Some(after) = after {
        query.with(" AND (wake_at, endpoint) > (?", after.wake_at.0).with(", ?)", after.endpoint.0.to_vec());
    }
    query.text(" ORDER BY wake_at, endpoint").with(" LIMIT ?", length(limit) + 1);
    let mut lanes = query.rows(conn, |row| {
        Ok(DueLane { application: id(row, 0)?, endpoint: id(row, 1)?, wake_at: time(row, 2)? })
    })?;
    let due = lanes.iter().take(limit).take_while(|lane| lane.wake_at <= now).count();
    let next = lanes.get(due).map(|lane| lane.wake_at);
    lanes.truncate(due);
    Ok(DueLanes { lanes, next })
}

fn rest(
    tx: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
    until: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE lanes SET rest_until = ? WHERE application = ? AND endpoint = ?";
    if run(tx, sql, params![until.0, application.0, endpoint.0])? == 0 {
        let mut wakes = Wakes::default();
        wakes.rest(application, endpoint, until);
        wakes.close(tx)?;
    }
    Ok(())
}

fn resting(
    conn: &Connection,
    now: Timestamp,
    after: Option<RestingLane>,
    limit: usize,
) -> rusqlite::Result<Vec<RestingLane>> {
    let sql = "SELECT rest_until, application, endpoint FROM lanes INDEXED BY lanes_resting";
    let mut query = Query::new(sql);
    query.with(" WHERE rest_until > 0 AND rest_until > ?", now.0);
    if let Some(after) = after {
        query.with(" AND (rest_until, endpoint) > (?", after.until.0).with(", ?)", after.endpoint.0.to_vec());
    }
    query.text(" ORDER BY rest_until, endpoint").with(" LIMIT ?", length(limit));
    query.rows(conn, |row| {
        Ok(RestingLane { until: time(row, 0)?, application: id(row, 1)?, endpoint: id(row, 2)? })
    })
}

fn backlog(conn: &Connection, now: Timestamp) -> rusqlite::Result<Backlog> {
    let lanes = "SELECT count(*) FROM lanes WHERE next_due IS NOT NULL";
    let oldest = "SELECT min(wake_at) FROM lanes INDEXED BY lanes_waking
                  WHERE held = 0 AND wake_at <= ? AND next_due IS NOT NULL";
    Ok(Backlog {
        lanes: conn.prepare_cached(lanes)?.query_row([], |row| count(row, 0))?,
        oldest_due: conn.prepare_cached(oldest)?.query_row([now.0], |row| maybe_time(row, 0))?,
    })
}
