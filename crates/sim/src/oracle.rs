//! What must hold after every simulation, whatever happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::ensure;
use fanfare_core::{delivery::DeliveryState, ports::store::Conservation};

use crate::{client::Acknowledged, network::Receipt, plan::EndpointPlan, scenario::Made};

/// What a simulation left behind.
pub(crate) struct Evidence {
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) received: Vec<Receipt>,
    /// When the node's lives ended.
    pub(crate) kills: Vec<Duration>,
    pub(crate) made: Vec<Made>,
    pub(crate) books: Conservation,
}

/// What one receiver got of one message.
type Got<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Receipt>>;

/// Judges a simulation by all oracles.
pub(crate) fn judge(evidence: &Evidence) -> anyhow::Result<()> {
    let mut got: Got<'_> = BTreeMap::new();
    for receipt in &evidence.received {
        got.entry((&receipt.host, &receipt.message)).or_default().push(receipt);
    }
    nothing_acknowledged_is_lost(evidence, &got)?;
    nothing_comes_to_whom_it_is_not_for(evidence, &got)?;
    duplicates_only_after_an_ambiguous_outcome(evidence, &got)?;
    order_holds_at_ordered_endpoints(evidence, &got)?;
    the_books_balance(evidence)
}

fn wants(endpoint: &EndpointPlan, message: &Acknowledged) -> bool {
    endpoint.kind.is_none_or(|kind| kind == message.kind)
}

fn nothing_acknowledged_is_lost(evidence: &Evidence, got: &Got<'_>) -> anyhow::Result<()> {
    for message in &evidence.acknowledged {
        for (_, host, endpoint) in &evidence.made[message.application].endpoints {
            let receipts = got.get(&(host.as_str(), message.message.as_str()));
            let arrived = receipts.is_some_and(|all| all.iter().any(|receipt| receipt.success));
            ensure!(
                arrived || !wants(endpoint, message),
                "{} was acknowledged and never arrived at {host}",
                message.message
            );
        }
    }
    Ok(())
}

fn nothing_comes_to_whom_it_is_not_for(evidence: &Evidence, got: &Got<'_>) -> anyhow::Result<()> {
    let messages: BTreeMap<_, _> =
        evidence.acknowledged.iter().map(|message| (message.message.as_str(), message)).collect();
    let hosts: BTreeMap<_, _> = evidence
        .made
        .iter()
        .enumerate()
        .flat_map(|(number, made)| {
            made.endpoints.iter().map(move |(_, host, plan)| (host.as_str(), (number, plan)))
        })
        .collect();
    for (host, message) in got.keys() {
        let (application, plan) = hosts[host];
        // One that was stored but never acknowledged, because its client was never told: every client
        // goes on until it is told, so there is none.
        let Some(known) = messages.get(message) else {
            anyhow::bail!("{message} arrived at {host} and nobody knows it");
        };
        ensure!(known.application == application, "{message} of another application arrived at {host}");
        ensure!(wants(plan, known), "{message} arrived at {host}, which does not want it");
    }
    Ok(())
}

/// Two successes of one delivery need a reason between them: a lost answer, or a node's end before the
/// outcome was written.
fn duplicates_only_after_an_ambiguous_outcome(evidence: &Evidence, got: &Got<'_>) -> anyhow::Result<()> {
    for ((host, message), receipts) in got {
        let successes: Vec<_> = receipts.iter().filter(|receipt| receipt.success).collect();
        for pair in successes.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let cut_off = evidence.kills.iter().any(|end| (first.at..=second.at).contains(end));
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
                let receipts = &got[&(host.as_str(), message.message.as_str())];
                let first = receipts.iter().find(|receipt| receipt.success).map_or(Duration::MAX, |r| r.at);
                let before = last.entry(message.ordering).or_default();
                ensure!(first >= *before, "{} overtook an earlier one at {host}", message.message);
                *before = first;
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
    ensure!(
        books.states.of(DeliveryState::Succeeded) == books.accepted,
        "not everything succeeded in the end: {:?}",
        books.states
    );
    Ok(())
}
