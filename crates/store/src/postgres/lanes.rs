//! Lanes: finding waiting work by endpoint.

mod claim;
mod unclaim;

use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use fanfare_core::{
    delivery::Incarnation,
    id::{ApplicationId, EndpointId},
    ports::store::{Backlog, Claimed, DueLane, DueLanes, LaneClaim, LaneStore, RestingLane, StoreResult},
    time::Timestamp,
};

use super::{
    PostgresStore,
    columns::{count, id, length, maybe_time, time},
    connection::{Tx, transaction},
    fault::{Done, broken},
    query::{Query, one, run, values},
    waiting::{Wakes, owner_number},
};

#[async_trait]
impl LaneStore for PostgresStore {
    async fn due_lanes(
        &self,
        claimer: Incarnation,
        now: Timestamp,
        after: Option<DueLane>,
        limit: usize,
    ) -> StoreResult<DueLanes> {
        transaction!(self.reading_at_once(), |tx| due(tx, claimer, now, after, limit).await)
    }

    async fn claim(
        &self,
        owner: Incarnation,
        now: Timestamp,
        lanes: Vec<LaneClaim>,
    ) -> StoreResult<Vec<Claimed>> {
        let patient = AtomicBool::new(true);
        transaction!(self.writing(), |tx| claim::claim(tx, owner, now, &lanes, &patient).await)
    }

    async fn unclaim(
        &self,
        owner: Incarnation,
        claimed_at: Timestamp,
        lanes: Vec<LaneClaim>,
        now: Timestamp,
    ) -> StoreResult<()> {
        // Two transactions: the first waits for what is in doubt, the second sees what came of it.
        transaction!(self.writing(), |tx| unclaim::settle(tx, &lanes).await)?;
        transaction!(self.writing(), |tx| unclaim::unclaim(tx, owner, claimed_at, &lanes, now).await)
    }

    async fn rest(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        until: Timestamp,
    ) -> StoreResult<()> {
        transaction!(self.writing(), |tx| rest(tx, application, endpoint, until).await)
    }

    async fn resting(
        &self,
        now: Timestamp,
        after: Option<RestingLane>,
        limit: usize,
    ) -> StoreResult<Vec<RestingLane>> {
        transaction!(self.reading_at_once(), |tx| resting(tx, now, after, limit).await)
    }

    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog> {
        transaction!(self.reading_at_once(), |tx| backlog(tx, now).await)
    }
}

/// One lane more than asked for is read, whether due or not: it tells when to look again.
async fn due(
    tx: &Tx,
    claimer: Incarnation,
    now: Timestamp,
    after: Option<DueLane>,
    limit: usize,
) -> Done<DueLanes> {
    let mut query = Query::new(
        "SELECT application, endpoint, wake_at FROM lanes WHERE held = 0 AND wake_at IS NOT NULL
             AND (home IS NULL OR NOT EXISTS (SELECT 1 FROM nodes WHERE incarnation = home AND alive",
    );
    query.with(" AND incarnation <> ?))", owner_number(claimer)?);
    if let Some(after) = after {
        query.with(" AND (wake_at, endpoint) > (?", after.wake_at).with(", ?)", after.endpoint.0);
    }
    query.text(" ORDER BY wake_at, endpoint").with(" LIMIT ?", length(limit) + 1);
    let lane =
        |row: &_| Ok(DueLane { application: id(row, 0)?, endpoint: id(row, 1)?, wake_at: time(row, 2)? });
    let mut lanes = query.rows(tx, lane).await?;
    let due = lanes.iter().take(limit).take_while(|lane| lane.wake_at <= now).count();
    let next = lanes.get(due).map(|lane| lane.wake_at);
    lanes.truncate(due);
    Ok(DueLanes { lanes, next })
}

async fn rest(tx: &Tx, application: ApplicationId, endpoint: EndpointId, until: Timestamp) -> Done<()> {
    let sql = "UPDATE lanes SET rest_until = $1 WHERE application = $2 AND endpoint = $3";
    if run(tx, sql, values![until, application.0, endpoint.0]).await? == 0 {
        let mut wakes = Wakes::default();
        wakes.rest(application, endpoint, until);
        wakes.close_guarded(tx).await?;
    }
    Ok(())
}

async fn resting(
    tx: &Tx,
    now: Timestamp,
    after: Option<RestingLane>,
    limit: usize,
) -> Done<Vec<RestingLane>> {
    let mut query = Query::new("SELECT rest_until, application, endpoint FROM lanes");
    query.with(" WHERE rest_until > 0 AND rest_until > ?", now);
    if let Some(after) = after {
        query.with(" AND (rest_until, endpoint) > (?", after.until).with(", ?)", after.endpoint.0);
    }
    query.text(" ORDER BY rest_until, endpoint").with(" LIMIT ?", length(limit));
    let lane =
        |row: &_| Ok(RestingLane { until: time(row, 0)?, application: id(row, 1)?, endpoint: id(row, 2)? });
    query.rows(tx, lane).await
}

async fn backlog(tx: &Tx, now: Timestamp) -> Done<Backlog> {
    let sql = "SELECT (SELECT count(*) FROM lanes WHERE next_due IS NOT NULL),
                      (SELECT min(wake_at) FROM lanes WHERE held = 0 AND wake_at <= $1 AND next_due IS NOT NULL)";
    let backlog = one(tx, sql, values![now], |row| {
        Ok(Backlog { lanes: count(row, 0)?, oldest_due: maybe_time(row, 1)? })
    })
    .await?;
    backlog.ok_or_else(|| broken("nobody counts the lanes"))
}
