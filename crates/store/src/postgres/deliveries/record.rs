//! Recording what came of deliveries: the second hot path of the store.
//!
//! An outcome changes the state only where the delivery is still owned by who reports it; a late one adds
//! its attempt row and no more. A batch of successes takes three exchanges: a look at the deliveries, the
//! changes, the commit. What was decided on the look holds only if nobody changed a delivery since; else all
//! begins anew.
//!
//! A batch whose first try had an ambiguous end comes again, and its deliveries may be owned by the same node
//! anew. What tells the two apart is the attempt: of a report whose attempt is kept already, no more is to be
//! done. That is looked at only where not all attempts turn out new.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};

use fanfare_core::{
    delivery::{Attempt, Delivery, DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Trigger},
    id::{ApplicationId, AttemptId, MessageId},
    ports::store::{Record, Recorded},
    time::Timestamp,
};
use futures::try_join;

use super::by_keys;
use crate::postgres::{
    applications::disable_endpoint,
    books::Books,
    columns::{free_text, id},
    connection::Tx,
    fault::{Done, Fault},
    guards::{Guards, hold_replace_keys},
    query::{all, run, values},
    superseding::InForce,
    waiting::{Keys, Order, Wakes, leave_order, owner_number},
};

/// Records a batch and answers item by item. `doubt` says whether some of it may be recorded already, and is set
/// where that turns out.
pub(super) async fn record(tx: &Tx, batch: &[Record], doubt: &AtomicBool) -> Done<Vec<Recorded>> {
    let keys: BTreeSet<DeliveryKey> = batch.iter().map(|item| item.key).collect();
    let found = by_keys(tx, keys).await?;
    let found: BTreeMap<DeliveryKey, Delivery> =
        found.into_iter().map(|delivery| (delivery.key, delivery)).collect();
    // Behind the look at the deliveries: who took one anew did so after the first report was recorded.
    let known = if doubt.load(Ordering::Relaxed) { known(tx, batch).await? } else { BTreeSet::new() };
    let decided = decide(tx, batch, &found, &known).await?;
    let changes: Vec<&Change> = decided.iter().filter_map(|item| item.change.as_ref()).collect();
    let mut books = Books::default();
    for change in &changes {
        books.change(change.from, change.to);
    }
    let kept = batch.iter().filter(|item| found.contains_key(&item.key));
    let attempts: BTreeMap<AttemptKey, &Attempt> = kept
        .filter_map(|item| item.attempt.as_ref())
        .map(|attempt| (attempt_key(attempt), attempt))
        .filter(|(key, _)| !known.contains(key))
        .collect();
    let attempts: Vec<&Attempt> = attempts.into_values().collect();
    let ((), written, ()) = try_join!(apply(tx, &changes), keep(tx, &attempts), books.close(tx))?;
    if written < attempts.len() as u64 {
        doubt.store(true, Ordering::Relaxed);
        return Err(Fault::Overtaken("some of it was recorded before"));
    }
    leave_order(tx, &changes.iter().filter_map(|change| change.left.clone()).collect()).await?;
    for (item, _) in batch.iter().zip(&decided).filter(|(_, decided)| decided.change.is_some()) {
        health(tx, item).await?;
        if let Some(reason) = item.disable {
            disable_endpoint(tx, item, reason).await?;
        }
    }
    Ok(decided.iter().map(|item| item.answer).collect())
}

/// What an attempt is stored under.
type AttemptKey = (ApplicationId, MessageId, AttemptId);

fn attempt_key(attempt: &Attempt) -> AttemptKey {
    (attempt.delivery.application, attempt.delivery.message, attempt.id)
}

/// Those of the attempts that are kept already.
async fn known(tx: &Tx, batch: &[Record]) -> Done<BTreeSet<AttemptKey>> {
    let sql = "SELECT t.application, t.message, t.id FROM attempts t
               JOIN unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS k (application, message, id)
                   ON t.application = k.application AND t.message = k.message AND t.id = k.id
               WHERE t.message >= $4 AND t.message <= $5";
    let keys = || batch.iter().filter_map(|item| item.attempt.as_ref()).map(attempt_key);
    let messages: Vec<_> = keys().map(|(_, message, _)| message.0).collect();
    let oldest = messages.iter().min().copied().unwrap_or_default();
    let newest = messages.iter().max().copied().unwrap_or_default();
    let applications: Vec<_> = keys().map(|(application, ..)| application.0).collect();
    let ids: Vec<_> = keys().map(|(.., id)| id.0).collect();
    let key = |row: &_| Ok((id(row, 0)?, id(row, 1)?, id(row, 2)?));
    let known = all(tx, sql, values![applications, messages, ids, oldest, newest], key).await?;
    Ok(known.into_iter().collect())
}

/// What becomes of one item.
struct Decided {
    answer: Recorded,
    change: Option<Change>,
}

/// How a delivery changes.
struct Change {
    key: DeliveryKey,
    owner: i64,
    from: DeliveryState,
    to: DeliveryState,
    due: Timestamp,
    attempted: bool,
    retries_used: u32,
    trigger: Trigger,
    reason: Option<EndReason>,
    at: Timestamp,
    /// The order that it leaves.
    left: Option<Order>,
}

/// Decides each item. Where lanes are to be woken or an order changes, they are held by the end of this.
async fn decide(
    tx: &Tx,
    batch: &[Record],
    found: &BTreeMap<DeliveryKey, Delivery>,
    known: &BTreeSet<AttemptKey>,
) -> Done<Vec<Decided>> {
    let mut ended = BTreeSet::new();
    let owned: Vec<Option<&Delivery>> = batch
        .iter()
        .map(|item| {
            let delivery = found.get(&item.key)?;
            let owned = delivery.owner == Some(item.owner) && delivery.state.after(item.event).is_some();
            let again = item.attempt.as_ref().is_some_and(|attempt| known.contains(&attempt_key(attempt)));
            if again {
                return None;
            }
            // A second report of the same delivery comes late.
            (owned && delivery.state.is_waiting() && ended.insert(item.key)).then_some(delivery)
        })
        .collect();
    let in_force = hold(tx, batch, &owned).await?;
    let mut decided = Vec::with_capacity(batch.len());
    for (item, delivery) in batch.iter().zip(owned) {
        decided.push(match delivery {
            None => Decided { answer: Recorded::Late, change: None },
            Some(delivery) => one(item, delivery, &in_force)?,
        });
    }
    Ok(decided)
}

/// Holds what the changes of these deliveries need held, and tells what supersedes them.
async fn hold(tx: &Tx, batch: &[Record], owned: &[Option<&Delivery>]) -> Done<InForce> {
    let applied = || batch.iter().zip(owned).filter_map(|(item, delivery)| Some((item, (*delivery)?)));
    let keyed = || {
        applied()
            .filter(|(item, _)| is_failure(item.event))
            .filter_map(|(item, delivery)| Some((item.key.application, delivery.replace_key.as_ref()?)))
    };
    let mut wakes = Wakes::default();
    for (item, delivery) in applied() {
        let DeliveryKey { application, endpoint, .. } = item.key;
        if let Some(until) = item.rest_until {
            wakes.rest(application, endpoint, until);
        }
        if let Some(due) = due_again(item, delivery) {
            // Be it blocked or not: a claim finds out.
            wakes.wake(application, endpoint, due);
        } else if delivery.ordering.is_some() {
            wakes.hold(application, endpoint);
        }
    }
    let changed = |item: &Record| item.disable.map(|_| item.key.application);
    let changed: BTreeSet<ApplicationId> = applied().filter_map(|(item, _)| changed(item)).collect();
    let guards = Guards::default().applications(applied().map(|(item, _)| item.key.application));
    if !changed.is_empty() {
        guards.hold_some(tx, Guards::default().applications(changed)).await?;
    } else if !wakes.is_empty() || keyed().next().is_some() {
        guards.share(tx).await?;
    }
    hold_replace_keys(tx, keyed()).await?;
    let in_force = InForce::read(tx, keyed()).await?;
    wakes.close(tx).await?;
    Ok(in_force)
}

fn is_failure(event: DeliveryEvent) -> bool {
    matches!(event, DeliveryEvent::Retry | DeliveryEvent::Fail | DeliveryEvent::Block)
}

/// When a delivery is due that waits on after this.
fn due_again(item: &Record, delivery: &Delivery) -> Option<Timestamp> {
    let next = delivery.state.after(item.event)?;
    next.is_waiting().then(|| item.due.unwrap_or(item.at))
}

fn one(item: &Record, delivery: &Delivery, in_force: &InForce) -> Done<Decided> {
    let key = item.key;
    let superseded = is_failure(item.event)
        && in_force.supersedes(key.application, key.message, delivery.replace_key.as_ref());
    let (event, reason) = if superseded {
        (DeliveryEvent::Cancel, Some(EndReason::Superseded))
    } else {
        (item.event, item.reason)
    };
    let Some(to) = delivery.state.after(event) else {
        return Ok(Decided { answer: Recorded::Late, change: None });
    };
    let (retries_used, trigger) = match event {
        DeliveryEvent::Retry => (delivery.retries_used + 1, Trigger::Scheduled),
        DeliveryEvent::Resend => (0, Trigger::Manual),
        _ => (delivery.retries_used, delivery.trigger),
    };
    let due = match item.due.filter(|_| !superseded) {
        Some(due) => due,
        None if to.is_waiting() => item.at,
        None => delivery.due,
    };
    let ordering = delivery.ordering.as_ref().filter(|_| !to.is_waiting());
    let change = Change {
        key,
        owner: owner_number(item.owner)?,
        from: delivery.state,
        to,
        due,
        attempted: item.attempt.is_some(),
        retries_used,
        trigger,
        reason: reason.filter(|_| !to.is_waiting()),
        at: item.at,
        left: ordering.map(|ordering| Order::new(&key, ordering)),
    };
    let answer = if superseded { Recorded::Superseded } else { Recorded::Applied };
    Ok(Decided { answer, change: Some(change) })
}

async fn apply(tx: &Tx, changes: &[&Change]) -> Done<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(changes.iter().map(|change| change.key));
    let sql = "UPDATE deliveries d SET state = k.next, owner = NULL, due = k.due,
             attempts = d.attempts + k.attempted, retries_used = k.retries_used, trigger = k.trigger,
             reason = k.reason, updated_at = k.at
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $6::bigint[], $7::smallint[], $8::smallint[],
             $9::bigint[], $10::bigint[], $11::bigint[], $12::smallint[], $13::smallint[], $14::bigint[])
             AS k (application, message, endpoint, owner, state, next, due, attempted, retries_used, trigger,
                 reason, at)
         WHERE d.application = k.application AND d.message = k.message AND d.endpoint = k.endpoint
             AND d.message >= $4 AND d.message <= $5 AND d.owner = k.owner AND d.state = k.state";
    let values = values![
        applications,
        messages,
        endpoints,
        oldest,
        newest,
        changes.iter().map(|change| change.owner).collect::<Vec<_>>(),
        changes.iter().map(|change| change.from as i16).collect::<Vec<_>>(),
        changes.iter().map(|change| change.to as i16).collect::<Vec<_>>(),
        changes.iter().map(|change| change.due.0).collect::<Vec<_>>(),
        changes.iter().map(|change| i64::from(change.attempted)).collect::<Vec<_>>(),
        changes.iter().map(|change| i64::from(change.retries_used)).collect::<Vec<_>>(),
        changes.iter().map(|change| change.trigger as i16).collect::<Vec<_>>(),
        changes.iter().map(|change| change.reason.map(|reason| reason as i16)).collect::<Vec<_>>(),
        changes.iter().map(|change| change.at.0).collect::<Vec<_>>(),
    ];
    let changed = run(tx, sql, values).await?;
    if changed == changes.len() as u64 {
        Ok(())
    } else {
        Err(Fault::Overtaken("a delivery changed meanwhile"))
    }
}

/// Keeps attempts; answers how many of them are new.
async fn keep(tx: &Tx, attempts: &[&Attempt]) -> Done<u64> {
    if attempts.is_empty() {
        return Ok(0);
    }
    let sql = "INSERT INTO attempts (application, message, id, endpoint, at, duration, trigger, method, url,
             success, status, failure_kind, failure, key_number, profile, response)
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[],
             $7::smallint[], $8::text[], $9::text[], $10::bool[], $11::int[], $12::text[], $13::text[],
             $14::bigint[], $15::bytea[], $16::bytea[])
         ON CONFLICT DO NOTHING";
    let duration = |attempt: &&Attempt| i64::try_from(attempt.duration.as_micros()).unwrap_or(i64::MAX);
    let failure = |attempt: &&Attempt| attempt.failure.as_ref().map(|(_, text)| free_text(text));
    let values = values![
        attempts.iter().map(|attempt| attempt.delivery.application.0).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.delivery.message.0).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.id.0).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.delivery.endpoint.0).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.at.0).collect::<Vec<_>>(),
        attempts.iter().map(duration).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.trigger as i16).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.method.as_str().to_owned()).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| free_text(&attempt.url)).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.success).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| i32::from(attempt.status)).collect::<Vec<_>>(),
        attempts
            .iter()
            .map(|attempt| attempt.failure.as_ref().map(|(kind, _)| free_text(kind)))
            .collect::<Vec<_>>(),
        attempts.iter().map(failure).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.key_number.map(i64::from)).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.profile.0).collect::<Vec<_>>(),
        attempts.iter().map(|attempt| attempt.response.clone()).collect::<Vec<_>>(),
    ];
    run(tx, sql, values).await
}

/// What the outcome says about the endpoint itself.
async fn health(tx: &Tx, item: &Record) -> Done<()> {
    let (application, endpoint) = (item.key.application.0, item.key.endpoint.0);
    match item.failing_since {
        Some(Some(since)) => {
            let sql = "INSERT INTO health (application, endpoint, failing_since) VALUES ($1, $2, $3)
                       ON CONFLICT (application, endpoint) DO UPDATE SET failing_since = excluded.failing_since";
            run(tx, sql, values![application, endpoint, since]).await.map(drop)
        }
        Some(None) => {
            let sql = "DELETE FROM health WHERE application = $1 AND endpoint = $2";
            run(tx, sql, values![application, endpoint]).await.map(drop)
        }
        None => Ok(()),
    }
}
