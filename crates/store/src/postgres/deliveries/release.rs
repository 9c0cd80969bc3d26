//! Giving owned deliveries back unattempted.

use std::collections::BTreeSet;

use fanfare_core::{
    delivery::{Delivery, DeliveryKey, EndReason, Incarnation},
    time::Timestamp,
};

use super::{by_keys, cancel::end_of};
use crate::postgres::{
    books::Books,
    columns::{get, id, time},
    connection::Tx,
    fault::{Done, Fault},
    guards::{Guards, hold_replace_keys},
    query::{all, values},
    superseding::InForce,
    waiting::{AT_KEYS, KEYS, Keys, Wakes, owner_number},
};

/// Makes those that `owner` owns unowned, and wakes their lanes; superseded ones end.
///
/// One that is not there may be in a transaction whose end its node never heard of, and which may still commit.
/// It shares the guard of its application to its end: who holds that alone sees what came of it.
pub(super) async fn release(tx: &Tx, owner: Incarnation, keys: &[DeliveryKey], now: Timestamp) -> Done<()> {
    let keys: BTreeSet<DeliveryKey> = keys.iter().copied().collect();
    let mut found = by_keys(tx, keys.iter().copied()).await?;
    if found.len() < keys.len() {
        let there: BTreeSet<DeliveryKey> = found.iter().map(|delivery| delivery.key).collect();
        let missing = keys.difference(&there).map(|key| key.application);
        Guards::default().applications(missing).hold(tx).await?;
        found = by_keys(tx, keys).await?;
    }
    let mut books = Books::default();
    free_found(tx, &mut books, owner, found, now).await?;
    books.close(tx).await
}

/// Frees what is there of them, within a transaction that does more. Answers how many it found owned.
pub(in crate::postgres) async fn free(
    tx: &Tx,
    books: &mut Books,
    owner: Incarnation,
    keys: &[DeliveryKey],
    now: Timestamp,
) -> Done<usize> {
    let keys: BTreeSet<DeliveryKey> = keys.iter().copied().collect();
    let found = by_keys(tx, keys).await?;
    free_found(tx, books, owner, found, now).await
}

async fn free_found(
    tx: &Tx,
    books: &mut Books,
    owner: Incarnation,
    found: Vec<Delivery>,
    now: Timestamp,
) -> Done<usize> {
    let mut owned = found;
    owned.retain(|delivery| delivery.owner == Some(owner) && delivery.state.is_waiting());
    if owned.is_empty() {
        return Ok(0);
    }
    Guards::default().applications(owned.iter().map(|delivery| delivery.key.application)).share(tx).await?;
    let keyed = || {
        owned.iter().filter_map(|delivery| Some((delivery.key.application, delivery.replace_key.as_ref()?)))
    };
    hold_replace_keys(tx, keyed()).await?;
    let in_force = InForce::read(tx, keyed()).await?;
    let superseded = |delivery: &Delivery| {
        let key = delivery.key;
        in_force.supersedes(key.application, key.message, delivery.replace_key.as_ref())
    };
    let mut wakes = Wakes::default();
    for delivery in &owned {
        let key = delivery.key;
        if superseded(delivery) || delivery.ordering.is_some() {
            // Whether it is blocked may have changed before we hold the lane.
            wakes.hold(key.application, key.endpoint);
        } else {
            wakes.wake(key.application, key.endpoint, delivery.due);
        }
    }
    wakes.close(tx).await?;
    let (ending, freed): (Vec<_>, Vec<_>) = owned.iter().cloned().partition(|delivery| superseded(delivery));
    give_back(tx, owner, &freed, now).await?;
    end_of(tx, books, &ending, Some(owner), EndReason::Superseded, now).await?;
    Ok(owned.len())
}

/// The ordered ones that lead wake their lanes.
async fn give_back(tx: &Tx, owner: Incarnation, freed: &[Delivery], now: Timestamp) -> Done<()> {
    if freed.is_empty() {
        return Ok(());
    }
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(freed.iter().map(|delivery| delivery.key));
    let sql = format!(
        "UPDATE deliveries d SET owner = NULL, updated_at = $7
         FROM {KEYS} WHERE {AT_KEYS} AND d.owner = $6 AND d.state <= 2
         RETURNING d.application, d.endpoint, d.due, d.ordering IS NOT NULL AND NOT d.blocked"
    );
    let values = values![applications, messages, endpoints, oldest, newest, owner_number(owner)?, now];
    let changed =
        all(tx, &sql, values, |row| Ok((id(row, 0)?, id(row, 1)?, time(row, 2)?, get(row, 3)?))).await?;
    if changed.len() != freed.len() {
        return Err(Fault::Overtaken("an owner changed meanwhile"));
    }
    let mut wakes = Wakes::default();
    for (application, endpoint, due, leads) in changed {
        if leads {
            wakes.wake(application, endpoint, due);
        }
    }
    wakes.close(tx).await
}
