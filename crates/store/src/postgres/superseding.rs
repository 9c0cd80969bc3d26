//! Messages that take the place of others: of each replace key the store remembers the last message that
//! supersedes. Every other message with that key is superseded, be it older, or newer and not superseding.
//!
//! Whoever looks here holds the replace keys ([`hold_replace_keys`](super::guards::hold_replace_keys)).

use std::collections::{BTreeMap, BTreeSet};

use fanfare_core::{
    delivery::{DeliveryKey, EndReason},
    id::{ApplicationId, ID_BYTES, MessageId},
    limits::{REPLACE_KEY, SLICE_ROWS},
    message::Message,
    name::ReplaceKey,
};

use super::{
    books::Books,
    columns::{bytes, get, id, length},
    connection::Tx,
    deliveries::{DELIVERY, by_key, end_unattempted, read_delivery},
    fault::Done,
    query::{all, one, run, values},
};

/// What `dedupe.kind` says of a replace key.
const KIND: i16 = 2;

/// A replace key of an application.
pub(super) type Key<'k> = (ApplicationId, &'k ReplaceKey);

/// Makes each of these messages the one in force for its replace key, and cancels what waits unowned with
/// that key: at most [`SLICE_ROWS`] of it. Where more waits, each of the rest is cancelled in the place of its
/// next attempt. No two have the same key.
pub(super) async fn supersede(tx: &Tx, books: &mut Books, messages: &[&Message]) -> Done<()> {
    let superseding: BTreeMap<Key<'_>, &Message> = messages
        .iter()
        .filter(|message| message.supersedes)
        .filter_map(|message| Some(((message.application, message.replace_key.as_ref()?), *message)))
        .collect();
    let Some(now) = superseding.values().map(|message| message.created_at).max() else { return Ok(()) };
    let applications: Vec<_> = superseding.keys().map(|(application, _)| application.0).collect();
    let keys: Vec<_> = superseding.keys().map(|(_, key)| key.as_str().to_owned()).collect();
    put_in_force(tx, &superseding, &applications).await?;
    let sql = format!(
        "SELECT {DELIVERY} FROM unnest($1::bytea[], $2::text[]) AS k (application, key)
         CROSS JOIN LATERAL (
             SELECT * FROM deliveries
             WHERE application = k.application AND replace_key = k.key AND owner IS NULL AND state <= 2 LIMIT $3
         ) d"
    );
    let waiting =
        all(tx, &sql, values![applications, keys, length(SLICE_ROWS)], |row| read_delivery(row, 0)).await?;
    end_unattempted(tx, books, &waiting, EndReason::Superseded, now).await.map(drop)
}

async fn put_in_force(
    tx: &Tx,
    superseding: &BTreeMap<Key<'_>, &Message>,
    applications: &[[u8; ID_BYTES]],
) -> Done<()> {
    let sql = "INSERT INTO dedupe (application, kind, key, message, expires_at)
               SELECT k.application, $5, k.key, k.message, k.expires_at
               FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[])
                   AS k (application, key, message, expires_at)
               ORDER BY 1, 3
               ON CONFLICT (application, kind, key)
               DO UPDATE SET message = excluded.message, expires_at = excluded.expires_at";
    let keys: Vec<_> = superseding.keys().map(|(_, key)| key.as_str().as_bytes().to_vec()).collect();
    let messages: Vec<_> = superseding.values().map(|message| message.id.0).collect();
    let ends = superseding.values().map(|message| (message.created_at + REPLACE_KEY).0);
    let ends: Vec<_> = ends.collect();
    run(tx, sql, values![applications.to_vec(), keys, messages, ends, KIND]).await.map(drop)
}

/// The messages in force for these keys.
#[derive(Debug, Default)]
pub(super) struct InForce(BTreeMap<(ApplicationId, Vec<u8>), MessageId>);

impl InForce {
    pub(super) async fn read<'k>(tx: &Tx, keys: impl IntoIterator<Item = Key<'k>>) -> Done<Self> {
        let keys: BTreeSet<Key<'k>> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let sql = "SELECT d.application, d.key, d.message FROM unnest($1::bytea[], $2::bytea[]) AS k (application, key)
                   JOIN dedupe d ON d.application = k.application AND d.kind = $3 AND d.key = k.key";
        let applications: Vec<_> = keys.iter().map(|(application, _)| application.0).collect();
        let texts: Vec<_> = keys.iter().map(|(_, key)| key.as_str().as_bytes().to_vec()).collect();
        let found = all(tx, sql, values![applications, texts, KIND], |row| {
            Ok(((ApplicationId(bytes(row, 0)?), get::<Vec<u8>>(row, 1)?), id(row, 2)?))
        })
        .await?;
        Ok(Self(found.into_iter().collect()))
    }

    /// Whether another message is in force for this message's replace key.
    pub(super) fn supersedes(
        &self,
        application: ApplicationId,
        message: MessageId,
        key: Option<&ReplaceKey>,
    ) -> bool {
        key.and_then(|key| self.0.get(&(application, key.as_str().as_bytes().to_vec())))
            .is_some_and(|in_force| *in_force != message)
    }
}

/// Whether this delivery is superseded.
pub(super) async fn holds_for(tx: &Tx, key: &DeliveryKey) -> Done<bool> {
    let Some(delivery) = by_key(tx, key).await? else { return Ok(false) };
    let Some(replace_key) = delivery.replace_key else { return Ok(false) };
    let sql = "SELECT 1 FROM dedupe WHERE application = $1 AND kind = $2 AND key = $3 AND message <> $4";
    let bytes = replace_key.as_str().as_bytes();
    Ok(one(tx, sql, values![key.application.0, KIND, bytes, key.message.0], |_| Ok(())).await?.is_some())
}
