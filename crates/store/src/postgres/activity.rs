//! Activity of environments, minute by minute, and what needs a look in them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fanfare_core::{
    activity::{Activity, Minute},
    id::EnvironmentId,
    ports::store::{ActivityRow, ActivityStore, EnvironmentBacklog, FailingEndpoint, StoreResult},
};

use super::{
    PostgresStore,
    columns::{count, document, get, id, json, length, maybe_time, number, time},
    connection::transaction,
    query::{all, run, values},
};

#[async_trait]
impl ActivityStore for PostgresStore {
    async fn keep_activity(&self, rows: Vec<ActivityRow>) -> StoreResult<()> {
        let sql = "INSERT INTO activity (environment, minute, incarnation, document)
                   SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[])
                   ON CONFLICT (environment, minute, incarnation) DO UPDATE SET document = excluded.document";
        transaction!(self.writing(), |tx| {
            // In the order of the keys, and each once: the last one counts.
            let mut last = BTreeMap::new();
            for ActivityRow { environment, minute, incarnation, activity } in &rows {
                last.insert((environment.0, minute.0, number(incarnation.0)?), json(activity)?);
            }
            let environments: Vec<_> = last.keys().map(|key| key.0).collect();
            let minutes: Vec<_> = last.keys().map(|key| key.1).collect();
            let incarnations: Vec<_> = last.keys().map(|key| key.2).collect();
            let documents: Vec<_> = last.into_values().collect();
            run(tx, sql, values![environments, minutes, incarnations, documents]).await.map(drop)
        })
    }

    async fn activity(
        &self,
        environment: EnvironmentId,
        from: Minute,
    ) -> StoreResult<Vec<(Minute, Activity)>> {
        let sql =
            "SELECT minute, document FROM activity WHERE environment = $1 AND minute >= $2 ORDER BY minute";
        transaction!(self.reading(), |tx| {
            let mut minutes: Vec<(Minute, Activity)> = Vec::new();
            let rows = all(tx, sql, values![environment.0, from.0], |row| {
                Ok((Minute(get(row, 0)?), document::<Activity>(row, 1)?))
            })
            .await?;
            for (minute, seen) in rows {
                match minutes.last_mut().filter(|(last, _)| *last == minute) {
                    Some((_, activity)) => activity.add(&seen),
                    None => minutes.push((minute, seen)),
                }
            }
            Ok(minutes)
        })
    }

    async fn backlogs(&self) -> StoreResult<Vec<EnvironmentBacklog>> {
        let sql = "SELECT a.environment, count(*), min(CASE WHEN l.held = 0 THEN l.wake_at END)
                   FROM lanes l JOIN applications a ON a.id = l.application
                   WHERE l.next_due IS NOT NULL GROUP BY a.environment";
        transaction!(self.reading(), |tx| {
            all(tx, sql, values![], |row| {
                Ok(EnvironmentBacklog {
                    environment: id(row, 0)?,
                    lanes: count(row, 1)?,
                    first_due: maybe_time(row, 2)?,
                })
            })
            .await
        })
    }

    async fn failing_endpoints(
        &self,
        environment: EnvironmentId,
        limit: usize,
    ) -> StoreResult<Vec<FailingEndpoint>> {
        // In the order of the index, so that it ends after `limit` rows, however many fail.
        let sql = "SELECT h.application, h.endpoint, h.failing_since
                   FROM health h 
                   JOIN applications a ON a.id = h.application
                   JOIN endpoints e ON e.application = h.application AND e.id = h.endpoint
                   WHERE a.environment = $1 AND a.deleted_at IS NULL AND e.deleted_at IS NULL
                   ORDER BY h.failing_since LIMIT $2";
        transaction!(self.reading(), |tx| {
            all(tx, sql, values![environment.0, length(limit)], |row| {
                Ok(FailingEndpoint {
                    application: id(row, 0)?,
                    endpoint: id(row, 1)?,
                    failing_since: time(row, 2)?,
                })
            })
            .await
        })
    }
}
