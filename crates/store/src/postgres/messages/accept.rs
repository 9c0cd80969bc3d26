//! Accepting a batch of messages: the hottest path of the store.
//!
//! One transaction, a statement per table for the whole batch, in five exchanges where nothing is ordered:
//! what is there already; places; what is new; the books; the commit. No item can make the batch fail: what is taken already is
//! found before it is written. Where another transaction takes a key in between, all begins anew.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::DeliveryState,
    id::{ApplicationId, EnvironmentId, MessageId},
    message::Message,
    ports::store::{Accept, Accepted, Targets},
    time::Timestamp,
};
use futures::try_join;

use super::{
    expand::{NewDeliveries, NewRow},
    read::payload_kind,
};
use crate::postgres::{
    books::{Books, next_seqs},
    columns::{count, get, id, set_text, small},
    connection::Tx,
    fault::{Done, Fault},
    guards::{Guards, hold_replace_keys},
    query::{all, run, values},
    superseding::{InForce, supersede},
    waiting::Wakes,
};

const IDEMPOTENCY_KEY: i16 = 0;
/// What `dedupe.kind` says of an event id.
pub(super) const EVENT_ID: i16 = 1;

/// Accepts a batch and answers item by item.
pub(super) async fn accept(tx: &Tx, batch: &[Accept]) -> Done<Vec<Accepted>> {
    let applications = batch.iter().map(|item| item.message.application);
    let guards = batch.iter().fold(Guards::default().applications(applications), |guards, item| {
        guards.environment(item.message.environment)
    });
    let held = async {
        guards.share(tx).await?;
        hold_replace_keys(tx, batch.iter().filter_map(|item| replaced(&item.message))).await
    };
    // Sent in this order, and looked at once the guards are held.
    let ((), there) = try_join!(held, There::read(tx, batch))?;
    let mut decided = Decided { there, taken: BTreeMap::new() };
    let answers: Vec<Accepted> = batch.iter().map(|item| decided.item(item)).collect();
    let stored = batch.iter().zip(&answers).filter(|(_, answer)| **answer == Accepted::Stored);
    let stored: Vec<&Accept> = stored.map(|(item, _)| item).collect();
    let mut books = Books::default();
    for run in runs(&stored) {
        Box::pin(write(tx, &mut books, run)).await?;
    }
    books.close(tx).await?;
    Ok(answers)
}

fn replaced(message: &Message) -> Option<(ApplicationId, &fanfare_core::name::ReplaceKey)> {
    message.replace_key.as_ref().map(|key| (message.application, key))
}

/// What stood in the store before.
struct There {
    applications: BTreeMap<ApplicationId, (EnvironmentId, u64)>,
    environments: BTreeMap<EnvironmentId, u64>,
    messages: BTreeMap<MessageId, ApplicationId>,
    /// Who has a key, and until when.
    keys: BTreeMap<Key, (MessageId, Timestamp)>,
}

/// A key of `dedupe`: application, kind, key.
type Key = (ApplicationId, i16, Vec<u8>);

impl There {
    async fn read(tx: &Tx, batch: &[Accept]) -> Done<Self> {
        let mut applications: Vec<_> = batch.iter().map(|item| item.message.application.0).collect();
        let mut environments: Vec<_> = batch.iter().map(|item| item.message.environment.0).collect();
        for ids in [&mut applications, &mut environments] {
            ids.sort_unstable();
            ids.dedup();
        }
        let (applications, environments, messages, keys) = try_join!(
            applications_of(tx, applications),
            environments_of(tx, environments),
            messages(tx, batch),
            keys(tx, batch),
        )?;
        Ok(Self {
            applications: applications.into_iter().collect(),
            environments: environments.into_iter().collect(),
            messages: messages.into_iter().collect(),
            keys: keys.into_iter().collect(),
        })
    }
}

async fn applications_of(tx: &Tx, ids: Vec<[u8; 20]>) -> Done<Vec<(ApplicationId, (EnvironmentId, u64))>> {
    let sql = "SELECT id, environment, version FROM applications WHERE id = ANY($1) AND deleted_at IS NULL";
    all(tx, sql, values![ids], |row| Ok((id(row, 0)?, (id(row, 1)?, count(row, 2)?)))).await
}

async fn environments_of(tx: &Tx, ids: Vec<[u8; 20]>) -> Done<Vec<(EnvironmentId, u64)>> {
    let sql = "SELECT id, version FROM environments WHERE id = ANY($1)";
    all(tx, sql, values![ids], |row| Ok((id(row, 0)?, count(row, 1)?))).await
}

/// Those of the batch that are stored already: by a caller that could not know whether its first try was.
async fn messages(tx: &Tx, batch: &[Accept]) -> Done<Vec<(MessageId, ApplicationId)>> {
    let sql = "SELECT m.id, m.application FROM messages m
               JOIN unnest($1::bytea[], $2::bytea[]) AS n (application, id)
                   ON m.application = n.application AND m.id = n.id
               WHERE m.id >= $3 AND m.id <= $4";
    let applications: Vec<_> = batch.iter().map(|item| item.message.application.0).collect();
    let ids: Vec<_> = batch.iter().map(|item| item.message.id.0).collect();
    let oldest = ids.iter().min().copied().unwrap_or_default();
    let newest = ids.iter().max().copied().unwrap_or_default();
    all(tx, sql, values![applications, ids, oldest, newest], |row| Ok((id(row, 0)?, id(row, 1)?))).await
}

async fn keys(tx: &Tx, batch: &[Accept]) -> Done<Vec<(Key, (MessageId, Timestamp))>> {
    let wanted: Vec<Key> = batch.iter().flat_map(keys_of).map(|(key, _)| key).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT d.application, d.kind, d.key, d.message, d.expires_at FROM dedupe d
               JOIN unnest($1::bytea[], $2::smallint[], $3::bytea[]) AS k (application, kind, key)
                   ON d.application = k.application AND d.kind = k.kind AND d.key = k.key";
    let (applications, kinds, keys) = columns(wanted);
    all(tx, sql, values![applications, kinds, keys], |row| {
        let key = (id(row, 0)?, i16::from(small(row, 1)?), get(row, 2)?);
        Ok((key, (id(row, 3)?, Timestamp(get(row, 4)?))))
    })
    .await
}

/// The keys that a message must not share with another, and until when it holds them.
fn keys_of(item: &Accept) -> impl Iterator<Item = (Key, Timestamp)> {
    let application = item.message.application;
    let idempotency = item
        .idempotency
        .as_ref()
        .map(|(key, expires_at)| ((application, IDEMPOTENCY_KEY, key.to_vec()), *expires_at));
    let event_id = item.message.event_id.as_ref().map(|event_id| {
        ((application, EVENT_ID, event_id.as_str().as_bytes().to_vec()), item.event_id_expires_at)
    });
    idempotency.into_iter().chain(event_id)
}

fn columns(keys: Vec<Key>) -> (Vec<[u8; 20]>, Vec<i16>, Vec<Vec<u8>>) {
    let (mut applications, mut kinds, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for (application, kind, key) in keys {
        applications.push(application.0);
        kinds.push(kind);
        texts.push(key);
    }
    (applications, kinds, texts)
}

/// What became of the items so far.
struct Decided {
    there: There,
    /// Keys that items of this batch took.
    taken: BTreeMap<Key, (MessageId, Timestamp)>,
}

impl Decided {
    fn item(&mut self, item: &Accept) -> Accepted {
        let message = &*item.message;
        let Some((environment, version)) = self.there.applications.get(&message.application).copied() else {
            return Accepted::ApplicationGone;
        };
        if environment != message.environment {
            return Accepted::ApplicationGone;
        }
        for (key, _) in keys_of(item) {
            if let Some(earlier) = self.holder(&key, message.created_at) {
                let idempotent = key.1 == IDEMPOTENCY_KEY;
                return if idempotent {
                    Accepted::Repeated(earlier)
                } else {
                    Accepted::EventIdTaken(earlier)
                };
            }
        }
        let fresh = version == item.application_version
            && self.there.environments.get(&environment) == Some(&item.environment_version);
        if !fresh {
            return Accepted::Stale;
        }
        if self.there.messages.insert(message.id, message.application) == Some(message.application) {
            return Accepted::Repeated(message.id);
        }
        self.taken.extend(keys_of(item).map(|(key, expires_at)| (key, (message.id, expires_at))));
        Accepted::Stored
    }

    fn holder(&self, key: &Key, now: Timestamp) -> Option<MessageId> {
        let (holder, expires_at) = self.taken.get(key).or_else(|| self.there.keys.get(key))?;
        (*expires_at > now).then_some(*holder)
    }
}

/// Parts of a batch in which no replace key comes twice: what supersedes does so in its turn.
fn runs<'b>(items: &'b [&'b Accept]) -> Vec<&'b [&'b Accept]> {
    let (mut runs, mut from, mut seen) = (Vec::new(), 0, Vec::new());
    for (place, item) in items.iter().enumerate() {
        let Some(key) = replaced(&item.message) else { continue };
        if seen.contains(&key) {
            runs.push(&items[from..place]);
            (from, seen) = (place, Vec::new());
        }
        seen.push(key);
    }
    if from < items.len() {
        runs.push(&items[from..]);
    }
    runs
}

/// Writes items with all that belongs to them.
async fn write(tx: &Tx, books: &mut Books, items: &[&Accept]) -> Done<()> {
    let in_force = InForce::read(tx, items.iter().filter_map(|item| replaced(&item.message))).await?;
    let mut new = NewDeliveries::default();
    for (place, item) in items.iter().enumerate() {
        let message = &*item.message;
        let key = message.replace_key.as_ref().filter(|_| !message.supersedes);
        let common = NewRow::of(message, in_force.supersedes(message.application, message.id, key));
        if let Targets::Deliveries(deliveries) = &item.targets {
            new.add(&common, deliveries, place);
        }
    }
    let mut wakes = Wakes::default();
    new.wake(&mut wakes);
    wakes.close(tx).await?;
    let seqs = next_seqs(tx, items.len()).await?;
    let superseding: Vec<&Message> = items.iter().map(|item| &*item.message).collect();
    supersede(tx, books, &superseding).await?;
    try_join!(
        hold_keys(tx, items),
        insert(tx, items),
        new.write(tx, books, &seqs, false),
        begin_fanouts(tx, items, &seqs)
    )?;
    Ok(())
}

async fn insert(tx: &Tx, items: &[&Accept]) -> Done<()> {
    let messages: Vec<&Message> = items.iter().map(|item| &*item.message).collect();
    let of = |read: fn(&Message) -> Option<String>| -> Vec<Option<String>> {
        messages.iter().map(|message| read(message)).collect()
    };
    let sql = "INSERT INTO messages (application, id, environment, event_type, event_id, channels, tags,
             created_at, deliver_at, expires_at, ordering_key, only_endpoint, profile, payload,
             payload_expires_day, bytes, replace_key, supersedes)
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[],
             $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[],
             $14::smallint[], $15::bigint[], $16::bytea[], $17::text[], $18::bool[])
         ON CONFLICT DO NOTHING";
    let values = values![
        messages.iter().map(|message| message.application.0).collect::<Vec<_>>(),
        messages.iter().map(|message| message.id.0).collect::<Vec<_>>(),
        messages.iter().map(|message| message.environment.0).collect::<Vec<_>>(),
        messages.iter().map(|message| message.event_type.as_str().to_owned()).collect::<Vec<_>>(),
        of(|message| message.event_id.as_ref().map(ToString::to_string)),
        of(|message| set_text(&message.channels)),
        of(|message| set_text(&message.tags)),
        messages.iter().map(|message| message.created_at.0).collect::<Vec<_>>(),
        messages.iter().map(|message| message.deliver_at.map(|at| at.0)).collect::<Vec<_>>(),
        messages.iter().map(|message| message.expires_at.map(|at| at.0)).collect::<Vec<_>>(),
        of(|message| message.ordering_key.as_ref().map(ToString::to_string)),
        messages.iter().map(|message| message.only.map(|id| id.0)).collect::<Vec<_>>(),
        messages.iter().map(|message| message.profile.0).collect::<Vec<_>>(),
        messages.iter().map(|message| payload_kind(&message.payload)).collect::<Vec<_>>(),
        messages.iter().map(|message| message.payload_expires_day).collect::<Vec<_>>(),
        messages.iter().map(|message| message.payload.bytes().cloned()).collect::<Vec<_>>(),
        of(|message| message.replace_key.as_ref().map(ToString::to_string)),
        messages.iter().map(|message| message.supersedes).collect::<Vec<_>>(),
    ];
    let written = run(tx, sql, values).await?;
    let all = written == messages.len() as u64;
    if all { Ok(()) } else { Err(Fault::Overtaken("a message was stored meanwhile")) }
}

/// Takes keys for these messages, in the order of the keys. A row that is there has expired, or somebody else
/// took the key after we had looked.
async fn hold_keys(tx: &Tx, items: &[&Accept]) -> Done<()> {
    let held: BTreeMap<Key, (MessageId, Timestamp, Timestamp)> = items
        .iter()
        .flat_map(|item| {
            let (message, now) = (item.message.id, item.message.created_at);
            keys_of(item).map(move |(key, expires_at)| (key, (message, expires_at, now)))
        })
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO dedupe AS d (application, kind, key, message, expires_at)
         SELECT k.application, k.kind, k.key, k.message, k.expires_at
         FROM unnest($1::bytea[], $2::smallint[], $3::bytea[], $4::bytea[], $5::bigint[])
             AS k (application, kind, key, message, expires_at)
         ORDER BY 1, 2, 3
         ON CONFLICT (application, kind, key)
         DO UPDATE SET message = excluded.message, expires_at = excluded.expires_at WHERE d.expires_at <= $6";
    let messages: Vec<_> = held.values().map(|(message, ..)| message.0).collect();
    let expiries: Vec<_> = held.values().map(|(_, expires_at, _)| expires_at.0).collect();
    let now = held.values().map(|(.., now)| *now).max().unwrap_or_default();
    let wanted = held.len() as u64;
    let (applications, kinds, keys) = columns(held.into_keys().collect());
    let taken = run(tx, sql, values![applications, kinds, keys, messages, expiries, now]).await?;
    if taken == wanted { Ok(()) } else { Err(Fault::Overtaken("a key was taken meanwhile")) }
}

async fn begin_fanouts(tx: &Tx, items: &[&Accept], seqs: &[i64]) -> Done<()> {
    let fanouts = items.iter().zip(seqs).filter(|(item, _)| matches!(item.targets, Targets::Fanout));
    let fanouts: Vec<_> = fanouts.map(|(item, seq)| (*seq, &*item.message)).collect();
    if fanouts.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO fanouts (seq, application, message)
               SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])";
    let seqs: Vec<_> = fanouts.iter().map(|(seq, _)| *seq).collect();
    let applications: Vec<_> = fanouts.iter().map(|(_, message)| message.application.0).collect();
    let messages: Vec<_> = fanouts.iter().map(|(_, message)| message.id.0).collect();
    run(tx, sql, values![seqs, applications, messages]).await.map(drop)
}

const _: () = assert!(DeliveryState::Retrying as u8 == 2, "the schema's `state <= 2` means: waits");
