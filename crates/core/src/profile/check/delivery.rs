//! The delivery rules, defaults filled in.

use std::time::Duration;

use crate::{
    limits::{RETRIES_MOST, RETRIES_TIME},
    profile::{
        count::Count,
        section::Section,
        text::{Codes, Share, Span, SpanOrNever, Timeout},
    },
    rules::{DeliveryRules, StatusSet},
};

pub(super) fn rules(mut section: Section<'_, '_>) -> DeliveryRules {
    let default = DeliveryRules::default();
    let rules = DeliveryRules {
        success: success(&mut section).unwrap_or(default.success),
        timeout: section.value("timeout").map_or(default.timeout, |Timeout(span)| span),
        timeout_is_final: section.value("timeout_is_final").unwrap_or(default.timeout_is_final),
        retry_schedule: schedule(&mut section).unwrap_or(default.retry_schedule),
        jitter: section.value("jitter").map_or(default.jitter, |Share(share)| share),
        exhausted: section.value("exhausted").unwrap_or(default.exhausted),
        gone_disables: section.value("gone_disables").unwrap_or(default.gone_disables),
        disable_after: section.value("disable_after").map_or(default.disable_after, |SpanOrNever(span)| span),
        slow_down: section.list::<Codes>("slow_down").map_or(default.slow_down, |codes| {
            codes.into_inner().into_iter().flat_map(|codes| codes.into_inner().0).collect()
        }),
        retry_after: section.value("retry_after").unwrap_or(default.retry_after),
        breaker: section.value("breaker").unwrap_or(default.breaker),
        size_cap: size_cap(&mut section),
    };
    section.end();
    rules
}

fn success(section: &mut Section<'_, '_>) -> Option<StatusSet> {
    let if_empty = "without a status code that is a success nothing ever arrives";
    let codes = section.some::<Codes>("success", if_empty)?;
    Some(StatusSet(codes.into_inner().into_iter().map(|codes| codes.into_inner().0).collect()))
}

fn schedule(section: &mut Section<'_, '_>) -> Option<Vec<Duration>> {
    let waits = section.list::<Span>("retry_schedule")?;
    if waits.get_ref().len() > RETRIES_MOST {
        let message = format!("a schedule has at most {RETRIES_MOST} retries, not {}", waits.get_ref().len());
        section.mistakes.about(&waits, message);
    }
    let schedule: Vec<Duration> = waits.get_ref().iter().map(|wait| wait.get_ref().0).collect();
    if schedule.iter().sum::<Duration>() > RETRIES_TIME {
        let days = RETRIES_TIME.as_secs() / 86_400;
        section.mistakes.about(&waits, format!("all waits together are at most {days} days"));
    }
    Some(schedule)
}

/// A body has at least the two bytes of `{}`.
fn size_cap(section: &mut Section<'_, '_>) -> Option<usize> {
    let cap = section.spanned::<Count>("max_body_bytes")?;
    if cap.get_ref().0 < 2 {
        section.mistakes.about(&cap, "no body is so small: nothing would ever be sent");
    }
    Some(cap.into_inner().0)
}
