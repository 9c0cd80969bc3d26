//! Retention: what is older than its time goes, in slices, by ranges of keys and never by a scan.

use std::{collections::BTreeSet, time::Duration};

use fanfare_core::{
    activity::Minute,
    id::{ApplicationId, ID_BYTES, MessageId, first_id_at},
    limits::ACTIVITY_KEPT,
    time::Timestamp,
};

use super::erase_messages::{Doomed, erase_messages};
use crate::postgres::{
    books::Books,
    columns::{bytes, get, id, length, maybe_id},
    connection::Tx,
    fault::Done,
    query::{all, one, run, values},
};

/// How long it can be seen which nodes there were; longer where one still owns something.
const DEAD_NODES_KEPT: Duration = Duration::from_secs(30 * 86_400);
const CURSOR: &str = "retain_messages";

/// Erases messages from before `cutoff`, application by application; a cursor keeps the place between the
/// slices. Answers whether the walk goes on; at its end it begins anew.
pub(super) async fn messages(tx: &Tx, cutoff: Timestamp, limit: usize) -> Done<bool> {
    let mut walk = Walk { tx, books: Books::default(), end: first_id_at(cutoff), left: limit.max(1) };
    let place = walk.go_on(cursor(tx).await?).await?;
    walk.books.close(tx).await?;
    keep_cursor(tx, place).await?;
    Ok(place.is_some())
}

/// Erases payloads whose day is before `day`, and what has expired of keys, answers, portal tokens, sessions,
/// links, inboxes, activity and dead nodes; answers whether more may be left.
pub(super) async fn payloads(tx: &Tx, day: i64, now: Timestamp, limit: usize) -> Done<bool> {
    let slices = [
        (
            "DELETE FROM dedupe WHERE (application, kind, key) IN
                 (SELECT application, kind, key FROM dedupe WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        ("DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires_at <= $1 LIMIT $2)", now),
        (
            "DELETE FROM keys WHERE id IN (SELECT id FROM keys
                 WHERE application IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        ("DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE expires_at <= $1 LIMIT $2)", now),
        (
            "DELETE FROM activity WHERE (environment, minute, incarnation) IN
                 (SELECT environment, minute, incarnation FROM activity WHERE minute <= $1 LIMIT $2)",
            Timestamp(Minute::of(now - ACTIVITY_KEPT).0),
        ),
        (
            "DELETE FROM nodes WHERE incarnation IN
                 (SELECT n.incarnation FROM nodes n
                  WHERE NOT n.alive AND n.heartbeat_at <= $1 AND NOT EXISTS
                      (SELECT 1 FROM deliveries d
                       WHERE d.owner = n.incarnation AND d.owner IS NOT NULL AND d.state <= 2) LIMIT $2)",
            now - DEAD_NODES_KEPT,
        ),
        (
            "DELETE FROM arrivals WHERE (application, inbox, number) IN
                 (SELECT a.application, a.inbox, a.number FROM inboxes i
                  JOIN arrivals a ON a.application = i.application AND a.inbox = i.id
                  WHERE i.expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM inboxes WHERE (application, id) IN (SELECT i.application, i.id FROM inboxes i
                 WHERE i.expires_at <= $1 AND NOT EXISTS
                     (SELECT 1 FROM arrivals a WHERE a.application = i.application AND a.inbox = i.id) LIMIT $2)",
            now,
        ),
    ];
    let mut more = expired_payloads(tx, day, limit).await?;
    for (sql, before) in slices {
        more |= run(tx, sql, values![before, length(limit)]).await? == limit as u64;
    }
    Ok(more)
}

/// Erases the first `limit` payloads whose day is before `day`; answers whether more are left.
async fn expired_payloads(tx: &Tx, day: i64, limit: usize) -> Done<bool> {
    let expired = "SELECT application, id FROM messages WHERE bytes IS NOT NULL AND payload_expires_day < $1
                   ORDER BY payload_expires_day LIMIT $2";
    let values = values![day, length(limit) + 1];
    let mut expired: Vec<([u8; ID_BYTES], [u8; ID_BYTES])> =
        all(tx, expired, values, |row| Ok((bytes(row, 0)?, bytes(row, 1)?))).await?;
    let more = expired.len() > limit;
    expired.truncate(limit);
    let (applications, messages): (Vec<_>, Vec<_>) = expired.into_iter().unzip();
    let erase = "UPDATE messages m SET bytes = NULL
                 FROM unnest($1::bytea[], $2::bytea[]) AS x (application, id)
                 WHERE m.application = x.application AND m.id = x.id";
    run(tx, erase, values![applications, messages]).await?;
    Ok(more)
}

/// Where the walk stands: in an application, behind a message of it or done with it.
type Place = (ApplicationId, Option<MessageId>);

struct Walk<'c> {
    tx: &'c Tx,
    books: Books,
    end: [u8; ID_BYTES],
    left: usize,
}

impl Walk<'_> {
    /// Walks on from there as far as the budget goes; answers where it stopped, nothing at the walk's end.
    async fn go_on(&mut self, mut place: Option<Place>) -> Done<Option<Place>> {
        if let Some((application, Some(message))) = place {
            place = Some((application, self.application(application, message.0).await?));
        }
        while self.left > 0 {
            let next = self.next_applications(place.map(|(application, _)| application)).await?;
            if next.is_empty() {
                return Ok(None);
            }
            for (application, has_work) in next {
                // To look at an application costs as much as a row: a hundred thousand idle ones are several
                // slices.
                self.left -= 1;
                let stopped_at =
                    if has_work { self.application(application, [0; ID_BYTES]).await? } else { None };
                place = Some((application, stopped_at));
                if self.left == 0 {
                    break;
                }
            }
        }
        Ok(place)
    }

    /// The next applications, with whether there is anything to erase in them.
    async fn next_applications(&self, after: Option<ApplicationId>) -> Done<Vec<(ApplicationId, bool)>> {
        let sql = "SELECT a.id,
                       EXISTS (SELECT 1 FROM messages m WHERE m.application = a.id AND m.id < $2)
                       OR EXISTS (SELECT 1 FROM endpoints e
                                  WHERE e.application = a.id AND e.deleted_at IS NOT NULL)
                   FROM applications a WHERE a.id > $1 AND a.deleted_at IS NULL ORDER BY a.id LIMIT $3";
        let after = after.map_or([0; ID_BYTES], |id| id.0);
        all(self.tx, sql, values![after, self.end, length(self.left)], |row| Ok((id(row, 0)?, get(row, 1)?)))
            .await
    }

    /// Erases old messages of one application that lie beyond `after`. Answers where it stopped for want of
    /// budget, nothing when the application is done.
    async fn application(
        &mut self,
        application: ApplicationId,
        after: [u8; ID_BYTES],
    ) -> Done<Option<MessageId>> {
        if self.left == 0 {
            return Ok(Some(MessageId(after)));
        }
        let old =
            "SELECT id FROM messages WHERE application = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";
        let values = values![application.0, after, self.end, length(self.left)];
        let old: Vec<MessageId> = all(self.tx, old, values, |row| id(row, 0)).await?;
        let waiting = self.waiting(application, &old).await?;
        let messages: Vec<_> = old.iter().copied().filter(|message| !waiting.contains(message)).collect();
        let doomed = Doomed { application, messages: &messages, waiting: false };
        let erased = erase_messages(self.tx, &mut self.books, doomed, self.left).await?;
        let (whole, all_seen) = (erased < self.left, old.len() < self.left);
        self.left = self.left.saturating_sub(erased + old.len());
        if !whole {
            return Ok(Some(MessageId(after)));
        }
        if !all_seen {
            return Ok(old.last().copied());
        }
        self.endpoints(application).await?;
        Ok(None)
    }

    /// Those of the messages of which something is still to be done: an attempt, or the fan-out.
    async fn waiting(&self, application: ApplicationId, among: &[MessageId]) -> Done<BTreeSet<MessageId>> {
        let ids: Vec<_> = among.iter().map(|id| id.0).collect();
        let sql = "SELECT message FROM deliveries
                   WHERE application = $1 AND message = ANY($2) AND state <= 2
                   UNION SELECT message FROM fanouts WHERE application = $1 AND message = ANY($2)";
        let waiting = all(self.tx, sql, values![application.0, ids], |row| id(row, 0)).await?;
        Ok(waiting.into_iter().collect())
    }

    /// Erases the rows of deleted endpoints that no delivery and no attempt refers to any more.
    async fn endpoints(&mut self, application: ApplicationId) -> Done<()> {
        let sql = "DELETE FROM endpoints WHERE application = $1 AND id IN (
                       SELECT e.id FROM endpoints e
                       WHERE e.application = $1 AND e.deleted_at IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.application = $1 AND d.endpoint = e.id)
                         AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.application = $1 AND t.endpoint = e.id)
                       LIMIT $2)";
        let erased = run(self.tx, sql, values![application.0, length(self.left)]).await?;
        self.left = self.left.saturating_sub(usize::try_from(erased).unwrap_or(self.left));
        Ok(())
    }
}

async fn cursor(tx: &Tx) -> Done<Option<Place>> {
    let sql = "SELECT application, message FROM cursors WHERE name = $1";
    one(tx, sql, values![CURSOR], |row| Ok((id(row, 0)?, maybe_id(row, 1)?))).await
}

async fn keep_cursor(tx: &Tx, place: Option<Place>) -> Done<()> {
    let Some((application, message)) = place else {
        return run(tx, "DELETE FROM cursors WHERE name = $1", values![CURSOR]).await.map(drop);
    };
    let sql = "INSERT INTO cursors (name, application, message) VALUES ($1, $2, $3)
               ON CONFLICT (name) DO UPDATE SET application = excluded.application, message = excluded.message";
    run(tx, sql, values![CURSOR, application.0, message.map(|id| id.0)]).await.map(drop)
}
