//! What holds of an endpoint and of a delivery holds for all nodes together, while they are well.

use std::{collections::BTreeMap, time::Duration};

use anyhow::ensure;

use super::Evidence;
use crate::{network::Sent, plan::EndpointPlan};

/// Judges what nodes did beside one another.
pub(crate) fn judge(evidence: &Evidence) -> anyhow::Result<()> {
    let mut by_host: BTreeMap<&str, Vec<&Sent>> = BTreeMap::new();
    for sent in &evidence.sent {
        by_host.entry(&sent.host).or_default().push(sent);
    }
    for (_, host, plan) in evidence.made.iter().flat_map(|made| &made.endpoints) {
        let sent = by_host.get(host.as_str()).map(Vec::as_slice).unwrap_or_default();
        no_two_nodes_send_the_same(evidence, sent)?;
        no_more_at_once_than_may_be(evidence, plan, sent)?;
        no_more_in_a_second_than_may_be(plan, sent)?;
    }
    Ok(())
}

/// Whether `earlier` is under way when `later` begins, and its node was well all the time between.
fn is_under_way(evidence: &Evidence, earlier: &Sent, later: &Sent) -> bool {
    earlier.ended.is_none_or(|ended| ended > later.at)
        && !evidence.outages.iter().any(|outage| outage.concerns(earlier.node, earlier.at, later.at))
}

fn no_two_nodes_send_the_same(evidence: &Evidence, sent: &[&Sent]) -> anyhow::Result<()> {
    let mut by_message: BTreeMap<&str, Vec<&Sent>> = BTreeMap::new();
    for later in sent {
        let earlier = by_message.entry(&later.message).or_default();
        for one in &*earlier {
            ensure!(
                one.node == later.node || !is_under_way(evidence, one, later),
                "node {} sends {} to {} at {:?} while node {} does since {:?}",
                later.node,
                later.message,
                later.host,
                later.at,
                one.node,
                one.at
            );
        }
        earlier.push(later);
    }
    Ok(())
}

fn no_more_at_once_than_may_be(
    evidence: &Evidence,
    plan: &EndpointPlan,
    sent: &[&Sent],
) -> anyhow::Result<()> {
    let Some(most) = plan.max_concurrency else { return Ok(()) };
    let mut under_way: Vec<&Sent> = Vec::new();
    for later in sent {
        under_way.retain(|earlier| is_under_way(evidence, earlier, later));
        under_way.push(later);
        ensure!(
            under_way.len() <= usize::from(most),
            "{} has {} requests at once at {:?}",
            later.host,
            under_way.len(),
            later.at
        );
    }
    Ok(())
}

/// A burst of a tenth of a second is let through.
fn no_more_in_a_second_than_may_be(plan: &EndpointPlan, sent: &[&Sent]) -> anyhow::Result<()> {
    let Some(rate) = plan.rate_limit else { return Ok(()) };
    let most = usize::from(rate + rate.div_ceil(10) + 1);
    for window in sent.windows(most + 1) {
        let (first, last) = (window[0], window[most]);
        ensure!(
            last.at - first.at >= Duration::from_secs(1),
            "{} was sent {} requests within a second, from {:?} on",
            first.host,
            most + 1,
            first.at
        );
    }
    Ok(())
}
