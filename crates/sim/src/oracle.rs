//! What must hold after every simulation, whatever happened.

pub(crate) mod cluster;
pub(crate) mod replays;
mod superseding;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use fanfare_core::{
    delivery::{Delivery, DeliveryState, EndReason},
    ports::store::Conservation,
};

use crate::{
    client::Acknowledged,
    network::{Receipt, Sent},
    plan::EndpointPlan,
    scenario::Made,
};

/// What a simulation left behind.
pub(crate) struct Evidence {
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) received: Vec<Receipt>,
    /// When nodes were not well.
    pub(crate) outages: Vec<Outage>,
    pub(crate) made: Vec<Made>,
    /// All deliveries, as they ended.
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) books: Conservation,
}

/// A time in which a node was not well: it ended, or was frozen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) node: usize,
    pub(crate) from: Duration,
    pub(crate) to: Duration,
}

impl Outage {
    /// The end of a life.
    pub(crate) fn at(node: usize, at: Duration) -> Self {
        Self { node, from: at, to: at }
    }

    /// Whether it is of this node and touches the time between.
    pub(crate) fn concerns(&self, node: usize, from: Duration, to: Duration) -> bool {
        self.node == node && self.from <= to && self.to >= from
    }
}

/// What one receiver got of one message.
type Got<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Receipt>>;

/// Messages by id.
type Messages<'a> = BTreeMap<&'a str, &'a Acknowledged>;

/// Judges a simulation by all oracles.
pub(crate) fn judge(evidence: &Evidence) -> anyhow::Result<()> {
    let got = got(&evidence.received);
    let messages: Messages<'_> =
        evidence.acknowledged.iter().map(|message| (message.message.as_str(), message)).collect();
    nothing_acknowledged_is_lost(evidence, &got, &messages)?;
    nothing_is_sent_to_whom_it_is_not_for(evidence, &messages)?;
    nothing_expired_is_sent(evidence, &messages)?;
    superseding::nothing_superseded_is_sent(evidence)?;
    duplicates_only_after_an_ambiguous_outcome(&evidence.outages, &got)?;
    order_holds_at_ordered_endpoints(evidence, &got)?;
    the_books_balance(evidence)
}

fn got(received: &[Receipt]) -> Got<'_> {
    let mut got = Got::new();
    for receipt in received {
        got.entry((&receipt.host, &receipt.message)).or_default().push(receipt);
    }
    got
}

/// A test endpoint is sent nothing by itself, and nothing here is sent by hand.
fn wants(endpoint: &EndpointPlan, message: &Acknowledged) -> bool {
    !endpoint.test && endpoint.kind.is_none_or(|kind| kind == message.kind)
}

/// Each delivery arrived, or was called off for a reason that its message gave.
fn nothing_acknowledged_is_lost(
    evidence: &Evidence,
    got: &Got<'_>,
    messages: &Messages<'_>,
) -> anyhow::Result<()> {
    let hosts: BTreeMap<_, _> =
        evidence.made.iter().flat_map(|made| &made.endpoints).map(|(id, host, _)| (id, host)).collect();
    for delivery in &evidence.deliveries {
        let id = delivery.key.message.to_string();
        let host = hosts[&delivery.key.endpoint];
        let message = messages.get(id.as_str()).with_context(|| format!("nobody knows {id}"))?;
        let receipts = got.get(&(host.as_str(), id.as_str()));
        let arrived = receipts.is_some_and(|all| all.iter().any(|receipt| receipt.success));
        let sound = match (delivery.state, delivery.reason) {
            (DeliveryState::Succeeded, None) => arrived,
            (DeliveryState::Cancelled, Some(EndReason::Expired)) => {
                message.expires_at.is_some_and(|end| end <= delivery.updated_at)
            }
            (DeliveryState::Cancelled, Some(EndReason::Superseded)) => {
                superseding::by_whom(evidence, message).next().is_some()
            }
            _ => false,
        };
        ensure!(sound, "{id} was acknowledged and ended at {host} without a reason: {delivery:?}");
    }
    Ok(())
}

fn nothing_is_sent_to_whom_it_is_not_for(evidence: &Evidence, messages: &Messages<'_>) -> anyhow::Result<()> {
    let hosts: BTreeMap<_, _> = evidence
        .made
        .iter()
        .enumerate()
        .flat_map(|(number, made)| {
            made.endpoints.iter().map(move |(_, host, plan)| (host.as_str(), (number, plan)))
        })
        .collect();
    for Sent { host, message, .. } in &evidence.sent {
        let (application, plan) = hosts[host.as_str()];
        // One that was stored but never acknowledged, because its client was never told: every client
        // goes on until it is told, so there is none.
        let Some(known) = messages.get(message.as_str()) else {
            anyhow::bail!("{message} was sent to {host} and nobody knows it");
        };
        ensure!(known.application == application, "{message} of another application was sent to {host}");
        ensure!(wants(plan, known), "{message} was sent to {host}, which does not want it");
    }
    Ok(())
}

/// By the clock of the node that sends.
fn nothing_expired_is_sent(evidence: &Evidence, messages: &Messages<'_>) -> anyhow::Result<()> {
    for sent in &evidence.sent {
        let end = messages[sent.message.as_str()].expires_at;
        ensure!(
            end.is_none_or(|end| sent.wall < end),
            "{} was sent to {} at {:?}, after it had expired",
            sent.message,
            sent.host,
            sent.at
        );
    }
    Ok(())
}

/// Two successes of one delivery need a reason between them: a lost answer, or a node's end before the
/// outcome was written.
fn duplicates_only_after_an_ambiguous_outcome(outages: &[Outage], got: &Got<'_>) -> anyhow::Result<()> {
    for ((host, message), receipts) in got {
        let successes: Vec<_> = receipts.iter().filter(|receipt| receipt.success).collect();
        for pair in successes.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let cut_off = outages.iter().any(|outage| outage.concerns(first.node, first.at, second.at));
            ensure!(
                !first.answered || cut_off,
                "{message} arrived at {host} twice, at {:?} and {:?}, without a reason",
                first.at,
                second.at
            );
        }
    }
    Ok(())
}

/// Each client posts one event after the other was answered: acknowledgement order is posting order.
fn order_holds_at_ordered_endpoints(evidence: &Evidence, got: &Got<'_>) -> anyhow::Result<()> {
    for (number, made) in evidence.made.iter().enumerate() {
        for (_, host, plan) in made.endpoints.iter().filter(|(_, _, plan)| plan.ordered) {
            let mut last: BTreeMap<Option<u8>, Duration> = BTreeMap::new();
            let wanted = evidence
                .acknowledged
                .iter()
                .filter(|message| message.application == number && !message.delayed && wants(plan, message));
            for message in wanted {
                let receipts = got.get(&(host.as_str(), message.message.as_str()));
                let arrived = receipts.and_then(|all| all.iter().find(|receipt| receipt.success));
                // Called off: another oracle asks why.
                let Some(first) = arrived else { continue };
                let before = last.entry(message.ordering).or_default();
                ensure!(first.at >= *before, "{} overtook an earlier one at {host}", message.message);
                *before = first.at;
            }
        }
    }
    Ok(())
}

fn the_books_balance(evidence: &Evidence) -> anyhow::Result<()> {
    let books = &evidence.books;
    ensure!(books.holds(), "the books do not balance: {books:?}");
    let expected: usize = evidence
        .acknowledged
        .iter()
        .map(|message| {
            evidence.made[message.application]
                .endpoints
                .iter()
                .filter(|(_, _, plan)| wants(plan, message))
                .count()
        })
        .sum();
    let distinct: BTreeSet<_> = evidence.acknowledged.iter().map(|message| &message.message).collect();
    ensure!(distinct.len() == evidence.acknowledged.len(), "two events were acknowledged as one message");
    ensure!(books.accepted == expected as u64, "{expected} deliveries expected, {} written", books.accepted);
    ensure!(evidence.deliveries.len() == expected, "{} are listed", evidence.deliveries.len());
    Ok(())
}
