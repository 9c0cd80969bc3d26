//! What takes the place of others is what they are measured by.

use std::{collections::BTreeMap, time::Duration};

use anyhow::ensure;

use super::Evidence;
use crate::{client::Acknowledged, plan::MEEK};

/// The messages that supersede this one. Each client posts one event after the other was answered:
/// acknowledgement order is posting order.
pub(super) fn by_whom<'e>(
    evidence: &'e Evidence,
    message: &'e Acknowledged,
) -> impl Iterator<Item = &'e Acknowledged> {
    let all = evidence.acknowledged.iter();
    let place = evidence.acknowledged.iter().position(|other| other.message == message.message);
    all.enumerate()
        .filter(move |(at, other)| {
            message.replace.is_some()
                && other.message != message.message
                && other.application == message.application
                && other.replace == message.replace
                && other.kind != MEEK
                && (Some(*at) > place || message.kind == MEEK)
        })
        .map(|(_, other)| other)
}

/// From the moment that the first of those that supersede it was acknowledged. Requests that were in flight
/// then had been sent before.
pub(super) fn nothing_superseded_is_sent(evidence: &Evidence) -> anyhow::Result<()> {
    let over: BTreeMap<&str, Duration> = evidence
        .acknowledged
        .iter()
        .filter_map(|message| {
            let over = by_whom(evidence, message).map(|other| other.at).min()?;
            Some((message.message.as_str(), over))
        })
        .collect();
    for sent in &evidence.sent {
        ensure!(
            over.get(sent.message.as_str()).is_none_or(|over| sent.at <= *over),
            "{} was sent to {} at {:?}, after it had been superseded",
            sent.message,
            sent.host,
            sent.at
        );
    }
    Ok(())
}
