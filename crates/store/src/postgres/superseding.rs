//! Messages that take the place of others: of each replace key the store remembers the last message that
//! supersedes. Every other message with that key is superseded, be it older, or newer and not superseding.
//!
//! Whoever looks here holds the replace keys ([`hold_replace_keys`](super::guards::hold_replace_keys)).

use std::collections::{BTreeMap, BTreeSet};

use fanfare_core::{
    delivery::{DeliveryKey, EndReason},
    id::{ApplicationId, MessageId},
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
    for message in messages {
        let Some(key) = message.replace_key.as_ref().filter(|_| message.supersedes) else { continue };
        let sql =
            "INSERT INTO dedupe (application, kind, key, message, expires_at) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (application, kind, key)
                   DO UPDATE SET message = excluded.message, expires_at = excluded.expires_at";
        let (expires_at, bytes) = (message.created_at + REPLACE_KEY, key.as_str().as_bytes());
        run(tx, sql, values![message.application.0, KIND, bytes, message.id.0, expires_at]).await?;
        let sql = format!(
            "SELECT {DELIVERY} FROM deliveries d
             WHERE d.application = $1 AND d.replace_key = $2 AND d.owner IS NULL AND d.state <= 2 LIMIT $3"
        );
        let values = values![message.application.0, key.as_str(), length(SLICE_ROWS)];
        let waiting = all(tx, &sql, values, |row| read_delivery(row, 0)).await?;
        end_unattempted(tx, books, &waiting, EndReason::Superseded, message.created_at).await?;
    }
    Ok(())
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
