//! Retention: what is older than its time goes, in slices, by ranges of keys and never by a scan.

use fanfare_core::{
    activity::Minute,
    id::{ApplicationId, ID_BYTES, MessageId, first_id_at},
    limits::ACTIVITY_KEPT,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::erase_message::erase_message;
use crate::sqlite::{
    books::Books,
    columns::{id, length, maybe_id},
    messages::payload_place,
    query::{all, one, run},
};

const CURSOR: &str = "retain_messages";

/// Erases messages from before `cutoff`, application by application; a cursor keeps the place between the
/// slices. Answers whether the walk goes on; at its end it begins anew.
pub(super) fn messages(tx: &Connection, cutoff: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let mut walk = Walk { tx, books: Books::default(), end: first_id_at(cutoff), left: limit.max(1) };
    let mut place = cursor(tx)?;
    loop {
        let (application, after) = match place {
            Some((application, Some(message))) => (application, message.0),
            last => match next_application(tx, last.map(|(application, _)| application))? {
                Some(application) => (application, [0; ID_BYTES]),
                None => break,
            },
        };
        let stopped_at = walk.application(application, after)?;
        place = Some((application, stopped_at));
        if walk.left == 0 {
            break;
        }
    }
    let goes_on = walk.left == 0;
    walk.books.close(tx)?;
    keep_cursor(tx, place.filter(|_| goes_on))?;
    Ok(goes_on)
}

/// Erases payloads whose day is before `day`, and what has expired of keys, answers, portal tokens, sessions,
/// links, inboxes and activity; answers whether more may be left.
pub(super) fn payloads(tx: &Connection, day: i64, now: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let slices = [
        (
            "DELETE FROM dedupe WHERE (application, kind, key) IN
                 (SELECT application, kind, key FROM dedupe WHERE expires_at <= ?1 LIMIT ?2)",
            now.0,
        ),
        ("DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires_at <= ?1 LIMIT ?2)", now.0),
        (
            "DELETE FROM keys WHERE id IN (SELECT id FROM keys
                 WHERE application IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2)",
            now.0,
        ),
        (
            "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at <= ?1 LIMIT ?2)",
            now.0,
        ),
        ("DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE expires_at <= ?1 LIMIT ?2)", now.0),
        (
            "DELETE FROM activity WHERE (environment, minute, incarnation) IN
                 (SELECT environment, minute, incarnation FROM activity WHERE minute <= ?1 LIMIT ?2)",
            Minute::of(now - ACTIVITY_KEPT).0,
        ),
        (
            "DELETE FROM arrivals WHERE (application, inbox, number) IN
                 (SELECT a.application, a.inbox, a.number FROM inboxes i
                  JOIN arrivals a ON a.application = i.application AND a.inbox = i.id
                  WHERE i.expires_at <= ?1 LIMIT ?2)",
            now.0,
        ),
        (
            "DELETE FROM inboxes WHERE (application, id) IN (SELECT i.application, i.id FROM inboxes i
                 WHERE i.expires_at <= ?1 AND NOT EXISTS
                     (SELECT 1 FROM arrivals a WHERE a.application = i.application AND a.inbox = i.id) LIMIT ?2)",
            now.0,
        ),
    ];
    let mut more = expired_payloads(tx, day, limit)?;
    for (sql, before) in slices {
        more |= run(tx, sql, params![before, length(limit)])? == limit;
    }
    Ok(more)
}

/// Erases the first `limit` payloads whose day is before `day`; answers whether more are left.
fn expired_payloads(tx: &Connection, day: i64, limit: usize) -> rusqlite::Result<bool> {
    let end = payload_place(day, 0)?;
    let more = "SELECT place FROM payloads WHERE place < ? ORDER BY place LIMIT 1 OFFSET ?";
    let more = one(tx, more, params![end, length(limit)], |row| row.get::<_, i64>(0))?;
    run(tx, "DELETE FROM payloads WHERE place < ?", params![more.unwrap_or(end)])?;
    Ok(more.is_some())
}

struct Walk<'c> {
    tx: &'c Connection,
    books: Books,
    end: [u8; ID_BYTES],
    left: usize,
}

impl Walk<'_> {
    /// Erases old messages of one application that lie beyond `after`. Answers where it stopped for want of
    /// budget, nothing when the application is done.
    fn application(
        &mut self,
        application: ApplicationId,
        after: [u8; ID_BYTES],
    ) -> rusqlite::Result<Option<MessageId>> {
        // Looking at an application costs as much as a row: a hundred thousand idle ones are several slices.
        self.left -= 1;
        let old = "SELECT id FROM messages WHERE application = ? AND id > ? AND id < ? ORDER BY id LIMIT ?";
        let values = params![application.0, after, self.end, length(self.left)];
        let asked = self.left;
        let old = all(self.tx, old, values, |row| id::<MessageId>(row, 0))?;
        let all_seen = old.len() < asked;
        let mut seen = MessageId(after);
        for message in old {
            if self.left == 0 {
                return Ok(Some(seen));
            }
            if self.waits(application, message)? {
                self.left -= 1;
            } else {
                let erased = erase_message(self.tx, &mut self.books, application, message, self.left)?;
                let whole = erased < self.left;
                self.left = self.left.saturating_sub(erased + 1);
                if !whole {
                    return Ok(Some(seen));
                }
            }
            seen = message;
        }
        if !all_seen {
            return Ok(Some(seen));
        }
        self.endpoints(application)?;
        Ok(None)
    }

    /// Whether something of a message is still to be done: an attempt, or its fan-out.
    fn waits(&self, application: ApplicationId, message: MessageId) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 WHERE
                       EXISTS (SELECT 1 FROM deliveries WHERE application = ?1 AND message = ?2 AND state <= 2)
                       OR EXISTS (SELECT 1 FROM fanouts WHERE application = ?1 AND message = ?2)";
        Ok(one(self.tx, sql, params![application.0, message.0], |_| Ok(()))?.is_some())
    }

    /// Erases the rows of deleted endpoints that no delivery and no attempt refers to any more.
    fn endpoints(&mut self, application: ApplicationId) -> rusqlite::Result<()> {
        let sql = "DELETE FROM endpoints WHERE application = ?1 AND id IN (
                       SELECT e.id FROM endpoints e INDEXED BY endpoints_deleted
                       WHERE e.application = ?1 AND e.deleted_at IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.application = ?1 AND d.endpoint = e.id)
                         AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.application = ?1 AND t.endpoint = e.id)
                       LIMIT ?2)";
        let erased = run(self.tx, sql, params![application.0, length(self.left)])?;
        self.left -= erased;
        Ok(())
    }
}

fn next_application(
    tx: &Connection,
    after: Option<ApplicationId>,
) -> rusqlite::Result<Option<ApplicationId>> {
    let sql = "SELECT id FROM applications WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT 1";
    let after = after.map_or([0; ID_BYTES], |id| id.0);
    one(tx, sql, params![after], |row| id(row, 0))
}

fn cursor(tx: &Connection) -> rusqlite::Result<Option<(ApplicationId, Option<MessageId>)>> {
    let sql = "SELECT application, message FROM cursors WHERE name = ?";
    one(tx, sql, params![CURSOR], |row| Ok((id(row, 0)?, maybe_id(row, 1)?)))
}

fn keep_cursor(tx: &Connection, place: Option<(ApplicationId, Option<MessageId>)>) -> rusqlite::Result<()> {
    match place {
        Some((application, message)) => {
            let sql = "INSERT OR REPLACE INTO cursors (name, application, message) VALUES (?, ?, ?)";
            run(tx, sql, params![CURSOR, application.0, message.map(|id| id.0)]).map(drop)
        }
        None => run(tx, "DELETE FROM cursors WHERE name = ?", params![CURSOR]).map(drop),
    }
}
