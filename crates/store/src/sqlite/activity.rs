//! Activity of environments, minute by minute, and what needs a look in them.

use async_trait::async_trait;
use fanfare_core::{
    activity::{Activity, Minute},
    id::EnvironmentId,
    ports::store::{ActivityRow, ActivityStore, EnvironmentBacklog, FailingEndpoint, StoreResult},
};
use rusqlite::params;

use super::{
    SqliteStore,
    columns::{count, document, id, json, length, maybe_time, number, time},
    query::{all, run},
};

#[async_trait]
impl ActivityStore for SqliteStore {
    async fn keep_activity(&self, rows: Vec<ActivityRow>) -> StoreResult<()> {
        let sql = "INSERT OR REPLACE INTO activity (environment, minute, incarnation, document) VALUES (?, ?, ?, ?)";
        self.write(move |tx| {
            for row in &rows {
                let ActivityRow { environment, minute, incarnation, activity } = row;
                let document = json(activity)?;
                run(tx, sql, params![environment.0, minute.0, number(incarnation.0)?, document])?;
            }
            Ok(())
        })
        .await
    }

    async fn activity(
        &self,
        environment: EnvironmentId,
        from: Minute,
    ) -> StoreResult<Vec<(Minute, Activity)>> {
        let sql =
            "SELECT minute, document FROM activity WHERE environment = ? AND minute >= ? ORDER BY minute";
        self.read(move |conn| {
            let mut minutes: Vec<(Minute, Activity)> = Vec::new();
            let rows = all(conn, sql, params![environment.0, from.0], |row| {
                Ok((Minute(row.get(0)?), document::<Activity>(row, 1)?))
            })?;
            for (minute, seen) in rows {
                match minutes.last_mut().filter(|(last, _)| *last == minute) {
                    Some((_, activity)) => activity.add(&seen),
                    None => minutes.push((minute, seen)),
                }
            }
            Ok(minutes)
        })
        .await
    }

    async fn backlogs(&self) -> StoreResult<Vec<EnvironmentBacklog>> {
        let sql = "SELECT a.environment, count(*), min(CASE WHEN l.held = 0 THEN l.wake_at END)
                   FROM lanes l JOIN applications a ON a.id = l.application
                   WHERE l.next_due IS NOT NULL GROUP BY a.environment";
        self.read(move |conn| {
            all(conn, sql, &[], |row| {
                Ok(EnvironmentBacklog {
                    environment: id(row, 0)?,
                    lanes: count(row, 1)?,
                    first_due: maybe_time(row, 2)?,
                })
            })
        })
        .await
    }

    async fn failing_endpoints(
        &self,
        environment: EnvironmentId,
        limit: usize,
    ) -> StoreResult<Vec<FailingEndpoint>> {
        // In the order of the index, so that it ends after `limit` rows, however many fail.
        let sql = "SELECT h.application, h.endpoint, h.failing_since
                   FROM health h INDEXED BY health_by_time
                   CROSS JOIN applications a ON a.id = h.application
                   CROSS JOIN endpoints e ON e.application = h.application AND e.id = h.endpoint
                   WHERE a.environment = ? AND a.deleted_at IS NULL AND e.deleted_at IS NULL
                   ORDER BY h.failing_since LIMIT ?";
        self.read(move |conn| {
            all(conn, sql, params![environment.0, length(limit)], |row| {
                Ok(FailingEndpoint {
                    application: id(row, 0)?,
                    endpoint: id(row, 1)?,
                    failing_since: time(row, 2)?,
                })
            })
        })
        .await
    }
}
