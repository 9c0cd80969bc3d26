//! Writing deliveries: with their message, and in slices of a fan-out.

use std::collections::BTreeSet;

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, EndReason, Trigger},
    id::{ApplicationId, EndpointId, MessageId},
    message::Message,
    name::ReplaceKey,
    ports::store::{Fanout, NewDelivery},
    time::Timestamp,
};

use crate::postgres::{
    books::Books,
    columns::{count, get, id, length, maybe_id, maybe_name, maybe_time, number, small, time},
    connection::Tx,
    fault::{Done, Fault, broken},
    guards::{Guards, hold_replace_keys},
    query::{all, one, run, values},
    superseding::InForce,
    waiting::{AT_KEYS, KEYS, Keys, Order, Wakes, enter_order, owner_number},
};

/// What the deliveries of one message have in common.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct NewRow {
    pub(in crate::postgres) application: ApplicationId,
    pub(in crate::postgres) message: MessageId,
    pub(in crate::postgres) at: Timestamp,
    pub(in crate::postgres) trigger: Trigger,
    pub(in crate::postgres) expires_at: Option<Timestamp>,
    pub(in crate::postgres) replace_key: Option<ReplaceKey>,
    /// Whether another message is in force for its replace key.
    pub(in crate::postgres) superseded: bool,
}

impl NewRow {
    /// Those of a message that was just accepted.
    pub(super) fn of(message: &Message, superseded: bool) -> Self {
        Self {
            application: message.application,
            message: message.id,
            at: message.created_at,
            trigger: Trigger::Scheduled,
            expires_at: message.expires_at,
            replace_key: message.replace_key.clone(),
            superseded,
        }
    }
}

/// Deliveries that are about to be written, and their places in the order of acceptance.
#[derive(Debug, Default)]
pub(in crate::postgres) struct NewDeliveries(Vec<Row>);

#[derive(Debug)]
struct Row {
    common: NewRow,
    new: NewDelivery,
    /// Which of the places is its.
    place: usize,
}

impl Row {
    fn key(&self) -> DeliveryKey {
        let NewRow { application, message, .. } = self.common;
        DeliveryKey { application, message, endpoint: self.new.endpoint }
    }

    fn state(&self) -> DeliveryState {
        if self.common.superseded { DeliveryState::Cancelled } else { self.new.state }
    }

    fn waits(&self) -> bool {
        self.state().is_waiting()
    }

    fn order(&self) -> Option<Order> {
        let ordering = self.new.ordering.as_ref().filter(|_| self.waits())?;
        Some(Order::new(&self.key(), ordering))
    }
}

impl NewDeliveries {
    /// Adds those of one message; `place` says which of the places they get.
    pub(in crate::postgres) fn add(&mut self, common: &NewRow, deliveries: &[NewDelivery], place: usize) {
        let rows = deliveries.iter().map(|new| Row { common: common.clone(), new: new.clone(), place });
        self.0.extend(rows);
    }

    /// Wakes the lanes of unowned ones and holds those whose order will change (who of them wakes its lane is
    /// known only then): to be done before places are taken.
    pub(in crate::postgres) fn wake(&self, wakes: &mut Wakes) {
        for row in self.0.iter().filter(|row| row.waits()) {
            let key = row.key();
            if row.new.ordering.is_some() {
                wakes.hold(key.application, key.endpoint);
            } else if row.new.owner.is_none() {
                wakes.wake(key.application, key.endpoint, row.new.due);
            }
        }
    }

    /// Writes them; those of a superseded message are written cancelled. Leaves alone what exists already;
    /// answers how many were written. The lanes are held by now.
    pub(in crate::postgres) async fn write(
        self,
        tx: &Tx,
        books: &mut Books,
        seqs: &[i64],
        may_exist: bool,
    ) -> Done<usize> {
        let mut rows = self.0;
        if may_exist {
            let there = existing(tx, &rows).await?;
            rows.retain(|row| !there.contains(&row.key()));
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let blocked = blocked(tx, &rows, seqs).await?;
        wake_first(tx, &rows, &blocked).await?;
        let written = insert(tx, &rows, seqs, blocked).await?;
        if written.len() != rows.len() && !may_exist {
            return Err(Fault::Overtaken("a delivery was written meanwhile"));
        }
        written.iter().for_each(|state| books.accept(*state));
        Ok(written.len())
    }
}

async fn existing(tx: &Tx, rows: &[Row]) -> Done<BTreeSet<DeliveryKey>> {
    let Keys { applications, messages, endpoints, oldest, newest } = Keys::of(rows.iter().map(Row::key));
    let sql =
        format!("SELECT d.application, d.message, d.endpoint FROM deliveries d JOIN {KEYS} ON {AT_KEYS}");
    let found = all(tx, &sql, values![applications, messages, endpoints, oldest, newest], |row| {
        Ok(DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? })
    })
    .await?;
    Ok(found.into_iter().collect())
}

async fn blocked(tx: &Tx, rows: &[Row], seqs: &[i64]) -> Done<Vec<bool>> {
    let orders: Vec<_> = rows.iter().map(|row| row.order().map(|order| (order, seqs[row.place]))).collect();
    if orders.iter().all(Option::is_none) {
        return Ok(vec![false; rows.len()]);
    }
    let entering: Vec<_> = orders.iter().flatten().cloned().collect();
    let mut answers = enter_order(tx, &entering).await?.into_iter();
    Ok(orders.iter().map(|order| order.is_some() && answers.next().unwrap_or(false)).collect())
}

/// Wakes the lanes of those ordered ones that wait unowned and for nobody.
async fn wake_first(tx: &Tx, rows: &[Row], blocked: &[bool]) -> Done<()> {
    let mut wakes = Wakes::default();
    for (row, _) in rows.iter().zip(blocked).filter(|(row, blocked)| row.order().is_some() && !**blocked) {
        if row.new.owner.is_none() {
            let key = row.key();
            wakes.wake(key.application, key.endpoint, row.new.due);
        }
    }
    wakes.close(tx).await
}

async fn insert(tx: &Tx, rows: &[Row], seqs: &[i64], blocked: Vec<bool>) -> Done<Vec<DeliveryState>> {
    let Keys { applications, messages, endpoints, .. } = Keys::of(rows.iter().map(Row::key));
    let reason = |row: &Row| row.common.superseded.then_some(EndReason::Superseded as i16);
    let owner = |row: &Row| row.new.owner.filter(|_| row.waits()).map(owner_number).transpose();
    let text = |key: &ReplaceKey| key.as_str().to_owned();
    let sql = "INSERT INTO deliveries (application, message, endpoint, state, blocked, due, owner, seq, ordering,
             attempts, retries_used, trigger, reason, updated_at, expires_at, replace_key, profile)
         SELECT application, message, endpoint, state, blocked, due, owner, seq, ordering, 0, 0, trigger, reason,
             updated_at, expires_at, replace_key, profile
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::smallint[], $5::bool[], $6::bigint[],
             $7::bigint[], $8::bigint[], $9::text[], $10::smallint[], $11::smallint[], $12::bigint[],
             $13::bigint[], $14::text[], $15::bytea[])
             AS n (application, message, endpoint, state, blocked, due, owner, seq, ordering, trigger, reason,
                 updated_at, expires_at, replace_key, profile)
         ON CONFLICT DO NOTHING RETURNING state";
    let values = values![
        applications,
        messages,
        endpoints,
        rows.iter().map(|row| row.state() as i16).collect::<Vec<_>>(),
        blocked,
        rows.iter().map(|row| row.new.due.0).collect::<Vec<_>>(),
        rows.iter().map(owner).collect::<Done<Vec<_>>>()?,
        rows.iter().map(|row| seqs[row.place]).collect::<Vec<_>>(),
        rows.iter().map(|row| row.new.ordering.clone()).collect::<Vec<_>>(),
        rows.iter().map(|row| row.common.trigger as i16).collect::<Vec<_>>(),
        rows.iter().map(reason).collect::<Vec<_>>(),
        rows.iter().map(|row| row.common.at.0).collect::<Vec<_>>(),
        rows.iter().map(|row| row.common.expires_at.map(|at| at.0)).collect::<Vec<_>>(),
        rows.iter().map(|row| row.common.replace_key.as_ref().map(text)).collect::<Vec<_>>(),
        rows.iter().map(|row| row.new.profile.map(|hash| hash.0)).collect::<Vec<_>>(),
    ];
    all(tx, sql, values, |row| {
        let state = small(row, 0)?;
        DeliveryState::from_number(state).ok_or_else(|| broken(format!("unknown delivery state {state}")))
    })
    .await
}

/// Fan-outs to go on with, oldest first.
pub(super) async fn fanouts(tx: &Tx, after: Option<u64>, limit: usize) -> Done<Vec<Fanout>> {
    let sql = "SELECT f.seq, f.application, f.message, f.after FROM fanouts f
               JOIN applications a ON a.id = f.application AND a.deleted_at IS NULL
               WHERE f.seq >= $1 ORDER BY f.seq LIMIT $2";
    let from = after.map_or(Ok(0), |after| number(after + 1))?;
    all(tx, sql, values![from, length(limit)], |row| {
        Ok(Fanout {
            seq: count(row, 0)?,
            application: id(row, 1)?,
            message: id(row, 2)?,
            after: maybe_id(row, 3)?,
        })
    })
    .await
}

/// Writes one slice of a fan-out, if its cursor stands where `from` says.
pub(super) async fn expand(
    tx: &Tx,
    (application, message): (ApplicationId, MessageId),
    from: Option<EndpointId>,
    slice: &[NewDelivery],
    after: EndpointId,
    done: bool,
) -> Done<bool> {
    Guards::default().application(application).share(tx).await?;
    let sql = "SELECT f.seq, f.after, m.created_at, m.expires_at, m.replace_key FROM fanouts f
         JOIN messages m ON m.application = f.application AND m.id = f.message
         WHERE f.application = $1 AND f.message = $2 AND m.application = $1 AND m.id = $2 FOR UPDATE OF f";
    let cursor = one(tx, sql, values![application.0, message.0], |row| {
        let common = NewRow {
            application,
            message,
            at: time(row, 2)?,
            trigger: Trigger::Scheduled,
            expires_at: maybe_time(row, 3)?,
            replace_key: maybe_name(row, 4)?,
            superseded: false,
        };
        Ok((get::<i64>(row, 0)?, maybe_id::<EndpointId>(row, 1)?, common))
    })
    .await?;
    let Some((seq, stands, mut common)) = cursor else { return Ok(false) };
    if stands != from {
        return Ok(false);
    }
    let key = common.replace_key.clone();
    let keyed = key.as_ref().map(|key| (application, key));
    hold_replace_keys(tx, keyed).await?;
    common.superseded = InForce::read(tx, keyed).await?.supersedes(application, message, key.as_ref());
    let (mut books, mut wakes, mut new) = (Books::default(), Wakes::default(), NewDeliveries::default());
    new.add(&common, slice, 0);
    new.wake(&mut wakes);
    wakes.close(tx).await?;
    new.write(tx, &mut books, &[seq], true).await?;
    if done {
        run(tx, "DELETE FROM fanouts WHERE seq = $1", values![seq]).await?;
    } else {
        run(tx, "UPDATE fanouts SET after = $1 WHERE seq = $2", values![after.0, seq]).await?;
    }
    books.close(tx).await?;
    Ok(true)
}
