//! Whatever crashed in its middle, a replay sends what it has chosen, and each of it once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use fanfare_core::{
    delivery::{Delivery, DeliveryKey, DeliveryState},
    replay::{ReplayCounts, ReplayStatus},
};

use super::{Evidence, Messages, duplicates_only_after_an_ambiguous_outcome, got, superseding};
use crate::replays::{Encore, Job};

/// Judges an encore, by how things stood before it.
pub(crate) fn judge(evidence: &Evidence, encore: &Encore) -> anyhow::Result<()> {
    let messages: Messages<'_> =
        evidence.acknowledged.iter().map(|message| (message.message.as_str(), message)).collect();
    for (application, job) in encore.jobs.iter().enumerate() {
        let chosen: Vec<_> =
            evidence.deliveries.iter().filter(|one| is_chosen(evidence, application, job, one)).collect();
        let sendable = chosen
            .iter()
            .filter(|one| job.plan.despite || is_worth_it(evidence, &messages, one))
            .map(|one| one.key)
            .collect();
        comes_to_what_was_chosen(job, chosen.len(), &sendable)?;
        each_was_sent_once(evidence.made[application].id, encore, job, &sendable)?;
    }
    what_was_not_sent_is_as_it_was(evidence, encore)?;
    duplicates_only_after_an_ambiguous_outcome(&encore.outages, &got(&encore.received))
}

fn is_chosen(evidence: &Evidence, application: usize, job: &Job, delivery: &Delivery) -> bool {
    let made = &evidence.made[application];
    let kind =
        |id: &str| evidence.acknowledged.iter().find(|known| known.message == id).map(|known| known.kind);
    delivery.key.application == made.id
        && job.plan.endpoint.is_none_or(|at| made.endpoints[at].0 == delivery.key.endpoint)
        && job.plan.kind.is_none_or(|wanted| kind(&delivery.key.message.to_string()) == Some(wanted))
        && (delivery.state == DeliveryState::Succeeded
            || job.plan.cancelled && delivery.state == DeliveryState::Cancelled)
}

/// Neither expired nor superseded: by now everything has expired that ever does.
fn is_worth_it(evidence: &Evidence, messages: &Messages<'_>, delivery: &Delivery) -> bool {
    let message = messages[delivery.key.message.to_string().as_str()];
    message.expires_at.is_none() && superseding::by_whom(evidence, message).next().is_none()
}

fn comes_to_what_was_chosen(
    job: &Job,
    chosen: usize,
    sendable: &BTreeSet<DeliveryKey>,
) -> anyhow::Result<()> {
    let (id, counts) = (job.ended.id, job.ended.counts);
    let whole = ReplayCounts {
        counted: chosen as u64,
        sent: sendable.len() as u64,
        skipped: (chosen - sendable.len()) as u64,
        failed: 0,
    };
    match job.ended.status {
        ReplayStatus::Done => ensure!(counts == whole, "replay {id} came to {counts:?}, not to {whole:?}"),
        ReplayStatus::Cancelled => {
            ensure!(job.plan.cancel.is_some(), "replay {id} was cancelled by nobody");
            ensure!(
                Some(counts) == job.cancelled,
                "replay {id} went on after {:?}: {counts:?}",
                job.cancelled
            );
            ensure!(
                counts.sent <= whole.sent && counts.skipped <= whole.skipped,
                "{id}: {counts:?}, {whole:?}"
            );
        }
        other => anyhow::bail!("replay {id} ended as {other:?}: {:?}", job.ended.error),
    }
    Ok(())
}

/// By the attempts that the store knows: what was in flight at a kill is no attempt.
fn each_was_sent_once(
    application: fanfare_core::id::ApplicationId,
    encore: &Encore,
    job: &Job,
    sendable: &BTreeSet<DeliveryKey>,
) -> anyhow::Result<()> {
    let id = job.ended.id;
    let sent: BTreeMap<_, _> =
        encore.successes.iter().filter(|(key, _)| key.application == application).collect();
    for (key, times) in &sent {
        ensure!(sendable.contains(key), "replay {id} sent {key:?}, which it was not to send");
        ensure!(**times == 1, "replay {id} sent {key:?} {times} times");
    }
    let counted = job.ended.counts.sent;
    ensure!(sent.len() as u64 == counted, "replay {id} sent {} deliveries and says {counted}", sent.len());
    Ok(())
}

fn what_was_not_sent_is_as_it_was(evidence: &Evidence, encore: &Encore) -> anyhow::Result<()> {
    let before: BTreeMap<_, _> =
        evidence.deliveries.iter().map(|delivery| (delivery.key, delivery)).collect();
    ensure!(before.len() == encore.deliveries.len(), "{} deliveries are left", encore.deliveries.len());
    for after in &encore.deliveries {
        if encore.successes.contains_key(&after.key) {
            ensure!(after.state == DeliveryState::Succeeded, "{after:?} was sent again");
        } else {
            ensure!(before.get(&after.key) == Some(&after), "{after:?} was touched");
        }
    }
    Ok(())
}
