//! The `[delivery]` section: a profile's delivery rules, defaults filled in.

use super::{ProfileError, file::DeliverySection, position::Source};
use crate::rules::{DeliveryRules, StatusSet};

/// The rules that the section states.
pub(super) fn rules(section: DeliverySection, source: Source<'_>) -> Result<DeliveryRules, ProfileError> {
    let default = DeliveryRules::default();
    let success = match section.success {
        Some(codes) if codes.get_ref().is_empty() => {
            return Err(source.error(&codes, "without a status code that is a success nothing ever arrives"));
        }
        Some(codes) => StatusSet(codes.into_inner().into_iter().map(|codes| codes.0).collect()),
        None => default.success,
    };
    Ok(DeliveryRules {
        success,
        timeout: section.timeout.map_or(default.timeout, |timeout| timeout.0),
        timeout_is_final: section.timeout_is_final.unwrap_or(default.timeout_is_final),
        retry_schedule: section.retry_schedule.map_or(default.retry_schedule, |schedule| schedule.0),
        jitter: section.jitter.map_or(default.jitter, |share| share.0),
        exhausted: section.exhausted.unwrap_or(default.exhausted),
        gone_disables: section.gone_disables.unwrap_or(default.gone_disables),
        disable_after: section.disable_after.map_or(default.disable_after, |span| span.0),
        slow_down: match section.slow_down {
            Some(codes) => codes.into_iter().flat_map(|codes| codes.0).collect(),
            None => default.slow_down,
        },
        retry_after: section.retry_after.unwrap_or(default.retry_after),
        breaker: section.breaker.unwrap_or(default.breaker),
        size_cap: section.max_body_bytes,
    })
}
