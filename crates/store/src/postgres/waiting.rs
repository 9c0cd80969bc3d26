//! Waiting work: the lanes that must wake, and the order of ordered endpoints.
//!
//! A lane row exists where unowned deliveries wait that are not blocked by an earlier one of their ordering
//! key. Whoever makes a delivery wait unowned wakes its lane; whoever ends a waiting delivery of an ordering
//! key lets the next one go. Both hold the lane's row first ([`Wakes::close`]): so the order of an endpoint
//! changes in one transaction at a time, and a claim sees all of a change or nothing.

use std::collections::{BTreeMap, BTreeSet};

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    id::{ApplicationId, EndpointId, MessageId},
    time::Timestamp,
};

use super::{
    columns::{get, id, number},
    connection::Tx,
    fault::Done,
    guards::Guards,
    query::{all, run, values},
};

/// Lanes to wake or to hold, gathered before a transaction changes deliveries. Must end in [`Wakes::close`].
#[derive(Debug, Default)]
pub(super) struct Wakes(BTreeMap<(ApplicationId, EndpointId), Wake>);

#[derive(Debug, Default)]
struct Wake {
    due: Option<i64>,
    rest_until: Option<i64>,
}

impl Wakes {
    /// A delivery of this lane waits unowned, or is about to.
    pub(super) fn wake(&mut self, application: ApplicationId, endpoint: EndpointId, due: Timestamp) {
        let wake = self.0.entry((application, endpoint)).or_default();
        wake.due = Some(wake.due.map_or(due.0, |before| before.min(due.0)));
    }

    /// This lane asked for a rest.
    pub(super) fn rest(&mut self, application: ApplicationId, endpoint: EndpointId, until: Timestamp) {
        let wake = self.0.entry((application, endpoint)).or_default();
        wake.rest_until = wake.rest_until.max(Some(until.0));
    }

    /// The order of an ordering key of this lane is about to change.
    pub(super) fn hold(&mut self, application: ApplicationId, endpoint: EndpointId) {
        self.0.entry((application, endpoint)).or_default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the lanes in the order of their keys, and so holds them.
    pub(super) async fn close(self, tx: &Tx) -> Done<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (mut applications, mut endpoints) = (Vec::new(), Vec::new());
        let (mut dues, mut rests) = (Vec::new(), Vec::new());
        for ((application, endpoint), wake) in &self.0 {
            applications.push(application.0);
            endpoints.push(endpoint.0);
            dues.push(wake.due);
            rests.push(wake.rest_until.unwrap_or(0));
        }
        let sql = "INSERT INTO lanes (application, endpoint, next_due, rest_until, held)
             SELECT w.application, w.endpoint, w.due, w.rest,
                 CASE WHEN a.id IS NULL THEN 2 ELSE coalesce(e.held, 2) END
             FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])
                 AS w (application, endpoint, due, rest)
             LEFT JOIN applications a ON a.id = w.application AND a.deleted_at IS NULL
             LEFT JOIN endpoints e ON e.application = w.application AND e.id = w.endpoint
             ORDER BY w.application, w.endpoint
             ON CONFLICT (application, endpoint) DO UPDATE SET
                 next_due = least(lanes.next_due, excluded.next_due),
                 rest_until = greatest(lanes.rest_until, excluded.rest_until)";
        run(tx, sql, values![applications, endpoints, dues, rests]).await.map(drop)
    }

    /// The same, with the guards of the lanes' applications: where the caller does not hold them yet.
    pub(super) async fn close_guarded(self, tx: &Tx) -> Done<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Guards::default().applications(self.0.keys().map(|(application, _)| *application)).share(tx).await?;
        self.close(tx).await
    }
}

/// One ordering key of one endpoint: deliveries of it go one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) application: ApplicationId,
    pub(super) endpoint: EndpointId,
    pub(super) ordering: String,
}

impl Order {
    pub(super) fn new(key: &DeliveryKey, ordering: &str) -> Self {
        let DeliveryKey { application, endpoint, .. } = *key;
        Self { application, endpoint, ordering: ordering.to_owned() }
    }
}

/// The first waiting delivery of an ordering key.
#[derive(Debug, Clone, Copy)]
struct First {
    message: MessageId,
    seq: i64,
    due: Timestamp,
    owned: bool,
    blocked: bool,
}

/// Places deliveries that are about to wait in the orders of their keys; answers for each whether an earlier
/// one blocks it. Later ones that had the front until now step back. The caller holds the lanes.
pub(super) async fn enter_order(tx: &Tx, entering: &[(Order, i64)]) -> Done<Vec<bool>> {
    let orders: BTreeSet<Order> = entering.iter().map(|(order, _)| order.clone()).collect();
    let before = firsts(tx, &orders).await?;
    let mut front: BTreeMap<&Order, i64> = before.iter().map(|(order, first)| (order, first.seq)).collect();
    for (order, seq) in entering {
        let front = front.entry(order).or_insert(*seq);
        *front = (*front).min(*seq);
    }
    let overtaken: Vec<(&Order, MessageId)> = before
        .iter()
        .filter(|(order, first)| !first.blocked && front.get(order).is_some_and(|seq| *seq < first.seq))
        .map(|(order, first)| (order, first.message))
        .collect();
    set_blocked(tx, &overtaken, true).await?;
    // Of two with the same place only one goes first.
    let mut led = BTreeSet::new();
    Ok(entering.iter().map(|(order, seq)| front.get(order) != Some(seq) || !led.insert(order)).collect())
}

/// Lets the next delivery of each of these ordering keys go, after one of it has ended. The caller holds the
/// lanes.
pub(super) async fn leave_order(tx: &Tx, orders: &BTreeSet<Order>) -> Done<()> {
    let firsts = firsts(tx, orders).await?;
    let next: Vec<_> = firsts.iter().filter(|(_, first)| first.blocked).collect();
    let freed: Vec<(&Order, MessageId)> = next.iter().map(|(order, first)| (order, first.message)).collect();
    set_blocked(tx, &freed, false).await?;
    let mut wakes = Wakes::default();
    for (order, first) in next {
        if !first.owned {
            wakes.wake(order.application, order.endpoint, first.due);
        }
    }
    wakes.close(tx).await
}

async fn firsts(tx: &Tx, orders: &BTreeSet<Order>) -> Done<Vec<(Order, First)>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT o.place, d.message, d.seq, d.due, d.owner, d.blocked
         FROM unnest($1::bytea[], $2::bytea[], $3::text[]) WITH ORDINALITY
             AS o (application, endpoint, ordering, place)
         CROSS JOIN LATERAL (
             SELECT message, seq, due, owner, blocked FROM deliveries
             WHERE application = o.application AND endpoint = o.endpoint AND ordering = o.ordering AND state <= 2
             ORDER BY seq LIMIT 1
         ) d";
    let listed: Vec<&Order> = orders.iter().collect();
    let first = |row: &tokio_postgres::Row| {
        let place: usize = super::columns::count(row, 0)?;
        let first = First {
            message: id(row, 1)?,
            seq: get(row, 2)?,
            due: Timestamp(get(row, 3)?),
            owned: get::<Option<i64>>(row, 4)?.is_some(),
            blocked: get(row, 5)?,
        };
        Ok((listed[place - 1].clone(), first))
    };
    let applications: Vec<_> = orders.iter().map(|order| order.application.0).collect();
    let endpoints: Vec<_> = orders.iter().map(|order| order.endpoint.0).collect();
    let keys: Vec<_> = orders.iter().map(|order| order.ordering.clone()).collect();
    all(tx, sql, values![applications, endpoints, keys], first).await
}

async fn set_blocked(tx: &Tx, deliveries: &[(&Order, MessageId)], blocked: bool) -> Done<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let key = |(order, message): &(&Order, MessageId)| DeliveryKey {
        application: order.application,
        message: *message,
        endpoint: order.endpoint,
    };
    let keys = Keys::of(deliveries.iter().map(key));
    let sql = format!("UPDATE deliveries d SET blocked = $6 FROM {KEYS} WHERE {AT_KEYS}");
    let Keys { applications, messages, endpoints, oldest, newest } = keys;
    run(tx, &sql, values![applications, messages, endpoints, oldest, newest, blocked]).await.map(drop)
}

/// The keys of some deliveries as arrays; with the least and the greatest message, so that PostgreSQL looks
/// into their partitions only.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) applications: Vec<[u8; 20]>,
    pub(super) messages: Vec<[u8; 20]>,
    pub(super) endpoints: Vec<[u8; 20]>,
    pub(super) oldest: [u8; 20],
    pub(super) newest: [u8; 20],
}

/// The [`Keys`] in the first five parameters as a table `k`, and what joins the deliveries `d` to it.
pub(super) const KEYS: &str =
    "unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS k (application, message, endpoint)";
pub(super) const AT_KEYS: &str =
    "d.application = k.application AND d.message = k.message AND d.endpoint = k.endpoint
     AND d.message >= $4 AND d.message <= $5";

impl Keys {
    pub(super) fn of(keys: impl IntoIterator<Item = DeliveryKey>) -> Self {
        let mut all = Self::default();
        for key in keys {
            all.applications.push(key.application.0);
            all.messages.push(key.message.0);
            all.endpoints.push(key.endpoint.0);
        }
        all.oldest = all.messages.iter().min().copied().unwrap_or_default();
        all.newest = all.messages.iter().max().copied().unwrap_or_default();
        all
    }
}

/// When the first unowned, unblocked delivery of each lane is due.
pub(super) async fn next_dues(
    tx: &Tx,
    lanes: &[(ApplicationId, EndpointId)],
) -> Done<Vec<Option<Timestamp>>> {
    let sql = "SELECT d.due FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY
             AS l (application, endpoint, place)
         LEFT JOIN LATERAL (
             SELECT due FROM deliveries
             WHERE application = l.application AND endpoint = l.endpoint
                 AND owner IS NULL AND state <= 2 AND NOT blocked
             ORDER BY due LIMIT 1
         ) d ON true ORDER BY l.place";
    let applications: Vec<_> = lanes.iter().map(|(application, _)| application.0).collect();
    let endpoints: Vec<_> = lanes.iter().map(|(_, endpoint)| endpoint.0).collect();
    all(tx, sql, values![applications, endpoints], |row| super::columns::maybe_time(row, 0)).await
}

/// An owner as PostgreSQL stores it.
pub(super) fn owner_number(owner: Incarnation) -> Done<i64> {
    number(owner.0)
}
