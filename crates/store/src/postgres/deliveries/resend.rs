//! Sending again, by hand or by a job.

use std::collections::{BTreeMap, BTreeSet};

use fanfare_core::{
    delivery::{Delivery, DeliveryEvent, DeliveryKey, DeliveryState},
    name::ReplaceKey,
    ports::store::{ChangeError, NewDelivery, Resend, Resent},
    time::Timestamp,
};

use super::by_keys;
use crate::postgres::{
    books::{Books, next_seqs},
    columns::{id, maybe_name, maybe_time},
    connection::Tx,
    fault::{Done, Fault},
    guards::{Guards, hold_replace_keys},
    messages::{NewDeliveries, NewRow},
    query::{all, run, values},
    superseding::InForce,
    waiting::{KEYS, Keys, Order, Wakes, enter_order},
};

/// Sends again and answers item by item.
pub(in crate::postgres) async fn resend(tx: &Tx, batch: &[Resend]) -> Done<Vec<Result<Resent, ChangeError>>> {
    let mut answers = Vec::with_capacity(batch.len());
    let mut rest = batch;
    while !rest.is_empty() {
        // What is asked for twice is looked at anew the second time.
        let mut seen = BTreeSet::new();
        let once = rest.iter().take_while(|item| seen.insert(item.key)).count();
        let (now, later) = rest.split_at(once);
        answers.extend(each_once(tx, now).await?);
        rest = later;
    }
    Ok(answers)
}

async fn each_once(tx: &Tx, batch: &[Resend]) -> Done<Vec<Result<Resent, ChangeError>>> {
    Guards::default().applications(batch.iter().map(|item| item.key.application)).share(tx).await?;
    let bounds = bounds(tx, batch).await?;
    let keyed = || {
        batch
            .iter()
            .filter_map(|item| Some((item.key.application, bounds.get(&item.key)?.replace_key.as_ref()?)))
    };
    hold_replace_keys(tx, keyed()).await?;
    let in_force = InForce::read(tx, keyed()).await?;
    let found = by_keys(tx, batch.iter().map(|item| item.key)).await?;
    let found: BTreeMap<DeliveryKey, Delivery> =
        found.into_iter().map(|delivery| (delivery.key, delivery)).collect();
    let mut work = Work::default();
    let answers = batch
        .iter()
        .map(|item| {
            let bounds = bounds.get(&item.key).ok_or(ChangeError::NotFound)?.without(item);
            Ok(work.add(item, bounds, found.get(&item.key), &in_force))
        })
        .collect();
    work.perform(tx).await?;
    Ok(answers)
}

/// What still bounds a delivery that is sent again: what it is not sent in despite of.
#[derive(Debug, Clone)]
struct Bounds {
    deliver_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    replace_key: Option<ReplaceKey>,
}

impl Bounds {
    fn without(&self, item: &Resend) -> Self {
        Self {
            deliver_at: self.deliver_at.filter(|_| !item.despite.waiting),
            expires_at: self.expires_at.filter(|_| !item.despite.expired),
            replace_key: self.replace_key.clone().filter(|_| !item.despite.superseded),
        }
    }
}

/// The bounds of those whose message and endpoint exist, the endpoint and the application not deleted. Holds
/// the messages: none is erased before this transaction ends.
async fn bounds(tx: &Tx, batch: &[Resend]) -> Done<BTreeMap<DeliveryKey, Bounds>> {
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(batch.iter().map(|item| item.key));
    let sql = format!(
        "SELECT k.application, k.message, k.endpoint, m.deliver_at, m.expires_at, m.replace_key FROM {KEYS}
         JOIN messages m ON m.application = k.application AND m.id = k.message AND m.id >= $4 AND m.id <= $5
         JOIN applications a ON a.id = k.application AND a.deleted_at IS NULL
         JOIN endpoints e ON e.application = k.application AND e.id = k.endpoint AND e.deleted_at IS NULL
         ORDER BY m.application, m.id FOR KEY SHARE OF m"
    );
    let found = all(tx, &sql, values![applications, messages, endpoints, oldest, newest], |row| {
        let key = DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? };
        let (deliver_at, expires_at) = (maybe_time(row, 3)?, maybe_time(row, 4)?);
        Ok((key, Bounds { deliver_at, expires_at, replace_key: maybe_name(row, 5)? }))
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// What is to be done for a batch in which no delivery comes twice.
#[derive(Default)]
struct Work<'b> {
    make: Vec<(&'b Resend, Bounds)>,
    again: Vec<(&'b Resend, Bounds, &'b Delivery)>,
    hurry: Vec<(&'b Resend, &'b Delivery)>,
}

impl<'b> Work<'b> {
    fn add(
        &mut self,
        item: &'b Resend,
        bounds: Bounds,
        found: Option<&'b Delivery>,
        in_force: &InForce,
    ) -> Resent {
        let key = item.key;
        let expired = bounds.expires_at.is_some_and(|end| end <= item.at);
        if expired || in_force.supersedes(key.application, key.message, bounds.replace_key.as_ref()) {
            return Resent::Left;
        }
        match found {
            None => self.make.push((item, bounds)),
            Some(delivery) if !delivery.state.is_waiting() => self.again.push((item, bounds, delivery)),
            Some(delivery) if delivery.owner.is_none() && item.despite.waiting => {
                self.hurry.push((item, delivery));
            }
            Some(_) => return Resent::Left,
        }
        Resent::Queued
    }

    async fn perform(self, tx: &Tx) -> Done<()> {
        let (mut books, mut wakes, mut new) = (Books::default(), Wakes::default(), NewDeliveries::default());
        for (place, (item, bounds)) in self.make.iter().enumerate() {
            let (common, delivery) = fresh(item, bounds);
            new.add(&common, &[delivery], place);
        }
        new.wake(&mut wakes);
        let due = self.again.iter().map(|(item, ..)| item).chain(self.hurry.iter().map(|(item, _)| item));
        for item in due {
            wakes.wake(item.key.application, item.key.endpoint, item.at);
        }
        wakes.close(tx).await?;
        let seqs = next_seqs(tx, self.make.len() + self.again.len()).await?;
        let (made, asked_again) = seqs.split_at(self.make.len());
        new.write(tx, &mut books, made, false).await?;
        again(tx, &mut books, &self.again, asked_again).await?;
        hurry(tx, &mut books, &self.hurry).await?;
        books.close(tx).await
    }
}

fn fresh(item: &Resend, bounds: &Bounds) -> (NewRow, NewDelivery) {
    let common = NewRow {
        application: item.key.application,
        message: item.key.message,
        at: item.at,
        trigger: item.trigger,
        expires_at: bounds.expires_at,
        replace_key: bounds.replace_key.clone(),
        superseded: false,
    };
    let later = bounds.deliver_at.filter(|at| *at > item.at);
    let new = NewDelivery {
        endpoint: item.key.endpoint,
        state: if later.is_some() { DeliveryState::Scheduled } else { DeliveryState::Pending },
        due: later.unwrap_or(item.at),
        owner: None,
        ordering: item.ordering.clone(),
        profile: item.profile,
    };
    (common, new)
}

/// Ended deliveries wait anew, at the end of their order, with a fresh schedule and the bounds that hold.
async fn again(tx: &Tx, books: &mut Books, asked: &[(&Resend, Bounds, &Delivery)], seqs: &[i64]) -> Done<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let orders: Vec<_> = asked
        .iter()
        .zip(seqs)
        .map(|((item, ..), seq)| Some((Order::new(&item.key, item.ordering.as_ref()?), *seq)))
        .collect();
    let entering: Vec<_> = orders.iter().flatten().cloned().collect();
    let mut entered = enter_order(tx, &entering).await?.into_iter();
    let blocked = orders.iter().map(|order| order.is_some() && entered.next().unwrap_or(false));
    let next =
        |delivery: &Delivery| delivery.state.after(DeliveryEvent::Resend).unwrap_or(DeliveryState::Pending);
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(asked.iter().map(|(item, ..)| item.key));
    let sql = "UPDATE deliveries d SET state = k.next, blocked = k.blocked, due = k.at, owner = NULL,
             seq = k.seq, ordering = k.ordering, retries_used = 0, trigger = k.trigger, reason = NULL,
             updated_at = k.at, expires_at = k.expires_at, replace_key = k.replace_key, profile = k.profile
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $6::smallint[], $7::smallint[], $8::bool[],
             $9::bigint[], $10::bigint[], $11::text[], $12::smallint[], $13::bigint[], $14::text[], $15::bytea[])
             AS k (application, message, endpoint, state, next, blocked, at, seq, ordering, trigger, expires_at,
                 replace_key, profile)
         WHERE d.application = k.application AND d.message = k.message AND d.endpoint = k.endpoint
             AND d.message >= $4 AND d.message <= $5 AND d.state = k.state";
    let text = |key: &ReplaceKey| key.as_str().to_owned();
    let values = values![
        applications,
        messages,
        endpoints,
        oldest,
        newest,
        asked.iter().map(|(.., delivery)| delivery.state as i16).collect::<Vec<_>>(),
        asked.iter().map(|(.., delivery)| next(delivery) as i16).collect::<Vec<_>>(),
        blocked.collect::<Vec<_>>(),
        asked.iter().map(|(item, ..)| item.at.0).collect::<Vec<_>>(),
        seqs.to_vec(),
        asked.iter().map(|(item, ..)| item.ordering.clone()).collect::<Vec<_>>(),
        asked.iter().map(|(item, ..)| item.trigger as i16).collect::<Vec<_>>(),
        asked.iter().map(|(_, bounds, _)| bounds.expires_at.map(|at| at.0)).collect::<Vec<_>>(),
        asked.iter().map(|(_, bounds, _)| bounds.replace_key.as_ref().map(text)).collect::<Vec<_>>(),
        asked.iter().map(|(item, ..)| item.profile.map(|hash| hash.0)).collect::<Vec<_>>(),
    ];
    expect(run(tx, sql, values).await?, asked.len())?;
    asked.iter().for_each(|(.., delivery)| books.change(delivery.state, next(delivery)));
    Ok(())
}

/// Deliveries that wait already are due now and keep their place in their order. They no longer expire, or can
/// no longer be superseded, where they are sent in despite of that.
async fn hurry(tx: &Tx, books: &mut Books, asked: &[(&Resend, &Delivery)]) -> Done<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let next =
        |delivery: &Delivery| delivery.state.after(DeliveryEvent::Resend).unwrap_or(DeliveryState::Pending);
    let Keys { applications, messages, endpoints, oldest, newest } =
        Keys::of(asked.iter().map(|(item, _)| item.key));
    let sql = "UPDATE deliveries d SET state = k.next, due = k.at, retries_used = 0, trigger = k.trigger,
             updated_at = k.at, expires_at = CASE WHEN k.expired THEN NULL ELSE d.expires_at END,
             replace_key = CASE WHEN k.superseded THEN NULL ELSE d.replace_key END
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $6::smallint[], $7::smallint[], $8::bigint[],
             $9::smallint[], $10::bool[], $11::bool[])
             AS k (application, message, endpoint, state, next, at, trigger, expired, superseded)
         WHERE d.application = k.application AND d.message = k.message AND d.endpoint = k.endpoint
             AND d.message >= $4 AND d.message <= $5 AND d.state = k.state AND d.owner IS NULL";
    let values = values![
        applications,
        messages,
        endpoints,
        oldest,
        newest,
        asked.iter().map(|(_, delivery)| delivery.state as i16).collect::<Vec<_>>(),
        asked.iter().map(|(_, delivery)| next(delivery) as i16).collect::<Vec<_>>(),
        asked.iter().map(|(item, _)| item.at.0).collect::<Vec<_>>(),
        asked.iter().map(|(item, _)| item.trigger as i16).collect::<Vec<_>>(),
        asked.iter().map(|(item, _)| item.despite.expired).collect::<Vec<_>>(),
        asked.iter().map(|(item, _)| item.despite.superseded).collect::<Vec<_>>(),
    ];
    expect(run(tx, sql, values).await?, asked.len())?;
    asked.iter().for_each(|(_, delivery)| books.change(delivery.state, next(delivery)));
    Ok(())
}

fn expect(changed: u64, asked: usize) -> Done<()> {
    if changed == asked as u64 { Ok(()) } else { Err(Fault::Overtaken("a delivery changed meanwhile")) }
}
