//! Accepting a batch of messages: the hottest path of the store.
//!
//! One transaction, statements prepared once per batch, nothing read per message but the keys that it must
//! not share with another. No item can make the batch fail: what is taken already is found before it is
//! written.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::DeliveryState,
    id::{ApplicationId, EnvironmentId, MessageId},
    message::Message,
    ports::store::{Accept, Accepted, Targets},
    time::Timestamp,
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};

use super::{
    expand::{NewRow, insert_deliveries},
    read::payload_kind,
};
use crate::sqlite::{
    books::Books,
    columns::{count, number, set_text},
    fault::broken,
    query::one,
    superseding::supersede,
    waiting::Wakes,
};

const IDEMPOTENCY_KEY: i64 = 0;
/// What `dedupe.kind` says of an event id.
pub(super) const EVENT_ID: i64 = 1;

/// Accepts a batch and answers item by item.
pub(super) fn accept(tx: &Connection, batch: &[Accept]) -> rusqlite::Result<Vec<Accepted>> {
    let mut writer = Writer::new(tx)?;
    let answers = batch.iter().map(|item| writer.item(item)).collect::<rusqlite::Result<_>>()?;
    writer.wakes.close(tx)?;
    writer.books.close(tx)?;
    Ok(answers)
}

struct Writer<'c> {
    tx: &'c Connection,
    books: Books,
    wakes: Wakes,
    applications: BTreeMap<ApplicationId, Option<(EnvironmentId, u64)>>,
    environments: BTreeMap<EnvironmentId, Option<u64>>,
    message: CachedStatement<'c>,
    payload: CachedStatement<'c>,
}

impl<'c> Writer<'c> {
    fn new(tx: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            tx,
            books: Books::default(),
            wakes: Wakes::default(),
            applications: BTreeMap::new(),
            environments: BTreeMap::new(),
            message: tx.prepare_cached(
                "INSERT INTO messages (application, id, environment, event_type, event_id, channels, tags,
                     created_at, deliver_at, expires_at, ordering_key, only_endpoint, profile, payload,
                     payload_expires_day, payload_place, replace_key, supersedes)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )?,
            payload: tx.prepare_cached("INSERT INTO payloads (place, bytes) VALUES (?, ?)")?,
        })
    }

    fn item(&mut self, item: &Accept) -> rusqlite::Result<Accepted> {
        let message = &*item.message;
        let Some((environment, version)) = self.application(message.application)? else {
            return Ok(Accepted::ApplicationGone);
        };
        if environment != message.environment {
            return Ok(Accepted::ApplicationGone);
        }
        if let Some(taken) = self.taken(item)? {
            return Ok(taken);
        }
        let fresh = version == item.application_version
            && self.environment(environment)? == Some(item.environment_version);
        if !fresh {
            return Ok(Accepted::Stale);
        }
        let seq = self.books.next_seq(self.tx)?;
        if !self.write(message, seq)? {
            // The same id again: a caller that could not know whether its first try had been stored.
            return Ok(Accepted::Repeated(message.id));
        }
        self.reserve(item)?;
        supersede(self.tx, &mut self.books, &mut self.wakes, message)?;
        self.target(item, seq)?;
        Ok(Accepted::Stored)
    }

    fn application(&mut self, id: ApplicationId) -> rusqlite::Result<Option<(EnvironmentId, u64)>> {
        if let Some(known) = self.applications.get(&id) {
            return Ok(*known);
        }
        let sql = "SELECT environment, version FROM applications WHERE id = ? AND deleted_at IS NULL";
        let found = one(self.tx, sql, params![id.0], |row| Ok((EnvironmentId(row.get(0)?), count(row, 1)?)))?;
        self.applications.insert(id, found);
        Ok(found)
    }

    fn environment(&mut self, id: EnvironmentId) -> rusqlite::Result<Option<u64>> {
        if let Some(known) = self.environments.get(&id) {
            return Ok(*known);
        }
        let sql = "SELECT version FROM environments WHERE id = ?";
        let found = one(self.tx, sql, params![id.0], |row| count(row, 0))?;
        self.environments.insert(id, found);
        Ok(found)
    }

    /// The earlier message that has this one's idempotency key or event id.
    fn taken(&self, item: &Accept) -> rusqlite::Result<Option<Accepted>> {
        let message = &*item.message;
        if let Some((key, _)) = &item.idempotency
            && let Some(earlier) = self.holder(message, IDEMPOTENCY_KEY, key)?
        {
            return Ok(Some(Accepted::Repeated(earlier)));
        }
        if let Some(event_id) = &message.event_id
            && let Some(earlier) = self.holder(message, EVENT_ID, event_id.as_str().as_bytes())?
        {
            return Ok(Some(Accepted::EventIdTaken(earlier)));
        }
        Ok(None)
    }

    fn holder(&self, message: &Message, kind: i64, key: &[u8]) -> rusqlite::Result<Option<MessageId>> {
        let sql = "SELECT message FROM dedupe
                   WHERE application = ? AND kind = ? AND key = ? AND expires_at > ?";
        let values = params![message.application.0, kind, key, message.created_at.0];
        self.tx.prepare_cached(sql)?.query_row(values, |row| Ok(MessageId(row.get(0)?))).optional()
    }

    fn write(&mut self, message: &Message, seq: u64) -> rusqlite::Result<bool> {
        let place = payload_place(message.payload_expires_day, seq)?;
        let bytes = message.payload.bytes();
        let written = self.message.execute(params![
            message.application.0,
            message.id.0,
            message.environment.0,
            message.event_type.as_str(),
            message.event_id.as_ref().map(|id| id.as_str()),
            set_text(&message.channels),
            set_text(&message.tags),
            message.created_at.0,
            message.deliver_at.map(|at| at.0),
            message.expires_at.map(|at| at.0),
            message.ordering_key.as_ref().map(|key| key.as_str()),
            message.only.map(|id| id.0),
            message.profile.0,
            payload_kind(&message.payload),
            message.payload_expires_day,
            bytes.map(|_| place),
            message.replace_key.as_ref().map(|key| key.as_str()),
            message.supersedes,
        ])?;
        if written == 1
            && let Some(bytes) = bytes
        {
            self.payload.execute(params![place, &bytes[..]])?;
        }
        Ok(written == 1)
    }

    fn reserve(&self, item: &Accept) -> rusqlite::Result<()> {
        let message = &*item.message;
        if let Some((key, expires_at)) = &item.idempotency {
            self.hold(message, IDEMPOTENCY_KEY, key, *expires_at)?;
        }
        if let Some(event_id) = &message.event_id {
            self.hold(message, EVENT_ID, event_id.as_str().as_bytes(), item.event_id_expires_at)?;
        }
        Ok(())
    }

    /// Takes a key for this message. A row that is there has expired: it would have been found before.
    fn hold(&self, message: &Message, kind: i64, key: &[u8], expires_at: Timestamp) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO dedupe (application, kind, key, message, expires_at)
                   VALUES (?, ?, ?, ?, ?)";
        let values = params![message.application.0, kind, key, message.id.0, expires_at.0];
        self.tx.prepare_cached(sql)?.execute(values).map(drop)
    }

    fn target(&mut self, item: &Accept, seq: u64) -> rusqlite::Result<()> {
        let message = &*item.message;
        match &item.targets {
            Targets::Deliveries(deliveries) => {
                let row = NewRow::of(message, seq);
                insert_deliveries(self.tx, &mut self.books, &mut self.wakes, &row, deliveries).map(drop)
            }
            Targets::Fanout => {
                let sql = "INSERT INTO fanouts (seq, application, message) VALUES (?, ?, ?)";
                let values = params![number(seq)?, message.application.0, message.id.0];
                self.tx.prepare_cached(sql)?.execute(values).map(drop)
            }
        }
    }
}

/// Where a payload lies: by the day it expires, then in the order of acceptance.
pub(in crate::sqlite) fn payload_place(day: i64, seq: u64) -> rusqlite::Result<i64> {
    let seq = number(seq)?;
    if seq >> SEQ_BITS != 0 {
        return Err(broken(format!("no place for payload {seq}")));
    }
    Ok((day.clamp(0, (1 << DAY_BITS) - 1) << SEQ_BITS) | seq)
}

const DAY_BITS: u32 = 22;
const SEQ_BITS: u32 = 41;

const _: () = assert!(DAY_BITS + SEQ_BITS < i64::BITS, "a place fits into SQLite's integers");
const _: () = assert!(DeliveryState::Retrying as u8 == 2, "the schema's `state <= 2` means: waits");
