//! Claiming: due deliveries become owned, lanes learn when to wake next.
//!
//! A lane that another transaction holds is left out: its deliveries are being claimed or its order changes,
//! and it wakes again. One with a home is waited for instead: nobody else claims it, and where much is posted
//! to it somebody holds it most of the time.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fanfare_core::{
    delivery::{Delivery, EndReason, Incarnation},
    id::{ApplicationId, EndpointId, MessageId},
    limits::CLAIM_BYTES,
    message::Message,
    ports::store::{Claimed, LaneClaim},
    time::Timestamp,
};
use futures::try_join;
use tokio_postgres::{Row, error::SqlState};

use crate::postgres::{
    books::Books,
    columns::{get, id, length},
    connection::Tx,
    deliveries::{DELIVERY, DELIVERY_COLUMNS, end_unattempted, read_delivery},
    fault::{Done, Fault, broken},
    messages::{MESSAGE, read_message},
    query::{all, run, values},
    waiting::{AT_KEYS, KEYS, Keys, next_dues, owner_number},
};

type LaneKey = (ApplicationId, EndpointId);

/// How long a lane with a home is waited for, in milliseconds.
const LANE_AT_MOST: u32 = 1_000;

/// Takes due deliveries of these lanes for `owner`. Whether it waits for lanes is up to `patient`, which it
/// changes where one is not to be had in time.
pub(super) async fn claim(
    tx: &Tx,
    owner: Incarnation,
    now: Timestamp,
    lanes: &[LaneClaim],
    patient: &AtomicBool,
) -> Done<Vec<Claimed>> {
    let held = hold(tx, lanes, patient).await?;
    let mut go = Vec::new();
    let mut homes = BTreeMap::new();
    for lane in lanes {
        let key = (lane.application, lane.endpoint);
        let Some(found) = held.get(&key) else { continue };
        let home = found.home_for(lane, owner, now)?;
        homes.insert(key, home.unwrap_or(found.home));
        if home.is_some() {
            go.push(*lane);
        }
    }
    let (due, alone) = due(tx, now, &go).await?;
    end_alone(tx, &alone, now).await?;
    let due = within_bytes(due);
    let keys: Vec<LaneKey> = held.keys().copied().collect();
    // The next due times are looked at behind what was taken: not sent together, since a statement that is yet
    // to be prepared is overtaken by one that is.
    own(tx, owner, now, &due).await?;
    let (messages, next) = try_join!(messages(tx, &due), next_dues(tx, &keys))?;
    let next: BTreeMap<LaneKey, Option<Timestamp>> = keys.into_iter().zip(next).collect();
    correct(tx, now, &held, &homes, &next).await?;
    let mut claimed = Vec::with_capacity(due.len());
    for mut delivery in due {
        let key = (delivery.key.application, delivery.key.message);
        let message = messages.get(&key).ok_or(Fault::Overtaken("a message was erased meanwhile"))?;
        (delivery.owner, delivery.updated_at) = (Some(owner), now);
        claimed.push(Claimed { delivery, message: Arc::clone(message) });
    }
    Ok(claimed)
}

/// A lane's row, held to the end of the transaction.
struct Held {
    next_due: Option<Timestamp>,
    rest_until: Timestamp,
    held: bool,
    home: Option<i64>,
    home_lives: bool,
}

impl Held {
    /// The lane's home after this claim, where it may go on; none where it may not.
    fn home_for(&self, lane: &LaneClaim, owner: Incarnation, now: Timestamp) -> Done<Option<Option<i64>>> {
        if self.held || self.rest_until > now {
            return Ok(None);
        }
        let owner = owner_number(owner)?;
        let elsewhere = self.home_lives && self.home != Some(owner);
        if lane.home && elsewhere {
            return Ok(None);
        }
        Ok(Some(lane.home.then_some(owner)))
    }
}

/// Holds the lanes that are to be had; those with a home first, in the order of their keys.
async fn hold(tx: &Tx, lanes: &[LaneClaim], patient: &AtomicBool) -> Done<BTreeMap<LaneKey, Held>> {
    let wait = patient.load(Ordering::Relaxed);
    let (homes, others): (Vec<_>, Vec<_>) = lanes.iter().copied().partition(|lane| lane.home && wait);
    let mut held = BTreeMap::new();
    if !homes.is_empty() {
        tx.script(&format!("SET LOCAL lock_timeout = {LANE_AT_MOST}")).await?;
        held = hold_all(tx, &homes, "").await.map_err(|fault| without_patience(fault, patient))?;
        tx.script("SET LOCAL lock_timeout TO DEFAULT").await?;
    }
    if !others.is_empty() {
        held.extend(hold_all(tx, &others, "SKIP LOCKED").await?);
    }
    Ok(held)
}

/// A lane that was not to be had in time is left out of the next try.
fn without_patience(fault: Fault, patient: &AtomicBool) -> Fault {
    let waited = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
    if !matches!(&fault, Fault::Sql(error) if waited(error)) {
        return fault;
    }
    patient.store(false, Ordering::Relaxed);
    Fault::Overtaken("a lane was held for long")
}

async fn hold_all(tx: &Tx, lanes: &[LaneClaim], busy: &str) -> Done<BTreeMap<LaneKey, Held>> {
    let sql = format!(
        "SELECT l.application, l.endpoint, l.next_due, l.rest_until, l.held, l.home,
             EXISTS (SELECT 1 FROM nodes n WHERE n.incarnation = l.home AND n.alive)
         FROM lanes l JOIN unnest($1::bytea[], $2::bytea[]) AS k (application, endpoint)
             ON l.application = k.application AND l.endpoint = k.endpoint
         ORDER BY l.application, l.endpoint FOR UPDATE OF l {busy}"
    );
    let applications: Vec<_> = lanes.iter().map(|lane| lane.application.0).collect();
    let endpoints: Vec<_> = lanes.iter().map(|lane| lane.endpoint.0).collect();
    let read = |row: &Row| {
        let held = Held {
            next_due: get::<Option<i64>>(row, 2)?.map(Timestamp),
            rest_until: Timestamp(get(row, 3)?),
            held: get::<i16>(row, 4)? != 0,
            home: get(row, 5)?,
            home_lives: get(row, 6)?,
        };
        Ok(((id(row, 0)?, id(row, 1)?), held))
    };
    Ok(all(tx, &sql, values![applications, endpoints], read).await?.into_iter().collect())
}

/// Due deliveries of these lanes, in the order of the lanes, and how many bytes their payloads have; then those
/// that have no message.
///
/// One limit for all lanes, cut afterwards: PostgreSQL must know it to plan for few rows, else it reads all
/// messages to join them.
async fn due(tx: &Tx, now: Timestamp, lanes: &[LaneClaim]) -> Done<(Vec<(Delivery, usize)>, Vec<Delivery>)> {
    if lanes.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let sql = format!(
        "SELECT {DELIVERY}, (SELECT coalesce(octet_length(m.bytes), 0)::bigint FROM messages m
                             WHERE m.application = d.application AND m.id = d.message)
         FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS l (application, endpoint, place)
         CROSS JOIN LATERAL (
             SELECT * FROM deliveries
             WHERE application = l.application AND endpoint = l.endpoint
                 AND owner IS NULL AND state <= 2 AND NOT blocked AND due <= $3
             ORDER BY due, seq LIMIT $4 FOR UPDATE SKIP LOCKED
         ) d
         ORDER BY l.place, d.due, d.seq"
    );
    let applications: Vec<_> = lanes.iter().map(|lane| lane.application.0).collect();
    let endpoints: Vec<_> = lanes.iter().map(|lane| lane.endpoint.0).collect();
    let limit = lanes.iter().map(|lane| lane.limit).max().unwrap_or_default();
    let mut left: BTreeMap<LaneKey, usize> =
        lanes.iter().map(|lane| ((lane.application, lane.endpoint), lane.limit)).collect();
    let read = |row: &Row| Ok((read_delivery(row, 0)?, get::<Option<i64>>(row, DELIVERY_COLUMNS)?));
    let due = all(tx, &sql, values![applications, endpoints, now, length(limit)], read).await?;
    let (mut whole, mut alone) = (Vec::new(), Vec::new());
    for (delivery, bytes) in due {
        let key = (delivery.key.application, delivery.key.endpoint);
        let Some(left) = left.get_mut(&key).filter(|left| **left > 0) else { continue };
        *left -= 1;
        match bytes {
            Some(bytes) => whole.push((delivery, usize::try_from(bytes).map_err(broken)?)),
            None => alone.push(delivery),
        }
    }
    Ok((whole, alone))
}

/// Ends deliveries that wait though their message is gone: they stop themselves, not their lane.
async fn end_alone(tx: &Tx, alone: &[Delivery], now: Timestamp) -> Done<()> {
    if alone.is_empty() {
        return Ok(());
    }
    for Delivery { key, .. } in alone {
        tracing::error!(message = %key.message, endpoint = %key.endpoint, "a delivery waited without its message");
    }
    let mut books = Books::default();
    end_unattempted(tx, &mut books, alone, EndReason::PayloadGone, now).await?;
    books.close(tx).await
}

/// The first of them until their payloads reach [`CLAIM_BYTES`].
fn within_bytes(due: Vec<(Delivery, usize)>) -> Vec<Delivery> {
    let mut bytes = 0;
    due.into_iter()
        .take_while(|(_, length)| {
            let room = bytes < CLAIM_BYTES;
            bytes += length;
            room
        })
        .map(|(delivery, _)| delivery)
        .collect()
}

async fn own(tx: &Tx, owner: Incarnation, now: Timestamp, due: &[Delivery]) -> Done<()> {
    if due.is_empty() {
        return Ok(());
    }
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(due.iter().map(|delivery| delivery.key));
    let sql = format!("UPDATE deliveries d SET owner = $6, updated_at = $7 FROM {KEYS} WHERE {AT_KEYS}");
    let values = values![applications, messages, endpoints, oldest, newest, owner_number(owner)?, now];
    run(tx, &sql, values).await.map(drop)
}

async fn messages(tx: &Tx, due: &[Delivery]) -> Done<BTreeMap<(ApplicationId, MessageId), Arc<Message>>> {
    if due.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut keys: Vec<_> =
        due.iter().map(|delivery| (delivery.key.application, delivery.key.message)).collect();
    keys.sort_unstable();
    keys.dedup();
    let sql = format!(
        "SELECT {MESSAGE}, m.bytes FROM messages m JOIN unnest($1::bytea[], $2::bytea[]) AS k (application, id)
             ON m.application = k.application AND m.id = k.id
         WHERE m.id >= $3 AND m.id <= $4"
    );
    let applications: Vec<_> = keys.iter().map(|(application, _)| application.0).collect();
    let ids: Vec<_> = keys.iter().map(|(_, message)| message.0).collect();
    let oldest = ids.iter().min().copied().unwrap_or_default();
    let newest = ids.iter().max().copied().unwrap_or_default();
    let messages =
        all(tx, &sql, values![applications, ids, oldest, newest], |row| read_message(row, 0)).await?;
    Ok(messages.into_iter().map(|message| ((message.application, message.id), Arc::new(message))).collect())
}

/// Makes the lanes say when their next delivery is due, and where their home is; those without any delivery go,
/// unless they still rest or have a home.
async fn correct(
    tx: &Tx,
    now: Timestamp,
    held: &BTreeMap<LaneKey, Held>,
    homes: &BTreeMap<LaneKey, Option<i64>>,
    next: &BTreeMap<LaneKey, Option<Timestamp>>,
) -> Done<()> {
    let (mut idle, mut changed) = (Vec::new(), Vec::new());
    for (key, lane) in held {
        let (next, home) = (next.get(key).copied().flatten(), homes.get(key).copied().flatten());
        let rested = next.is_none() && lane.rest_until <= now;
        let rest_until = if rested { Timestamp(0) } else { lane.rest_until };
        if rested && home.is_none() {
            idle.push(*key);
        } else if (next, rest_until, home) != (lane.next_due, lane.rest_until, lane.home) {
            changed.push((*key, next, rest_until, home));
        }
    }
    try_join!(remove(tx, &idle), change(tx, &changed))?;
    Ok(())
}

async fn remove(tx: &Tx, lanes: &[LaneKey]) -> Done<()> {
    if lanes.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM lanes l USING unnest($1::bytea[], $2::bytea[]) AS k (application, endpoint)
               WHERE l.application = k.application AND l.endpoint = k.endpoint";
    let applications: Vec<_> = lanes.iter().map(|(application, _)| application.0).collect();
    let endpoints: Vec<_> = lanes.iter().map(|(_, endpoint)| endpoint.0).collect();
    run(tx, sql, values![applications, endpoints]).await.map(drop)
}

type Changed = (LaneKey, Option<Timestamp>, Timestamp, Option<i64>);

async fn change(tx: &Tx, lanes: &[Changed]) -> Done<()> {
    if lanes.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE lanes l SET next_due = k.next_due, rest_until = k.rest_until, home = k.home
         FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[])
             AS k (application, endpoint, next_due, rest_until, home)
         WHERE l.application = k.application AND l.endpoint = k.endpoint";
    let values = values![
        lanes.iter().map(|((application, _), ..)| application.0).collect::<Vec<_>>(),
        lanes.iter().map(|((_, endpoint), ..)| endpoint.0).collect::<Vec<_>>(),
        lanes.iter().map(|(_, next, ..)| next.map(|due| due.0)).collect::<Vec<_>>(),
        lanes.iter().map(|(_, _, rest, _)| rest.0).collect::<Vec<_>>(),
        lanes.iter().map(|(.., home)| *home).collect::<Vec<_>>(),
    ];
    run(tx, sql, values).await.map(drop)
}
