//! What follows from an attempt: a pure function of state, outcome, rules, time and jitter.

use std::time::Duration;

use crate::{
    delivery::DeliveryEvent,
    endpoint::DisableReason,
    limits::RETRY_AFTER_MOST,
    ports::{FailureKind, Outcome},
    rules::{DeliveryRules, Exhausted},
    time::Timestamp,
};

/// What the decision is taken from.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// What came of the attempt.
    pub outcome: &'a Outcome,
    /// The rules that hold for it.
    pub rules: &'a DeliveryRules,
    /// Whether the message told the endpoint about itself: what became of it says nothing of the endpoint's
    /// health, and disables nothing (TRU-10).
    pub is_lifecycle: bool,
    /// Retries of the schedule used before this attempt.
    pub retries_used: u32,
    /// Since when the endpoint has done nothing but fail, not counting this attempt.
    pub failing_since: Option<Timestamp>,
    /// When the attempt ended.
    pub now: Timestamp,
    /// A factor from [`crate::ports::jitter`], spread as the rules say.
    pub jitter: f64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What happens to the delivery.
    pub event: DeliveryEvent,
    /// When its next attempt is due, after [`DeliveryEvent::Retry`].
    pub due: Option<Timestamp>,
    /// How the endpoint's lane fares.
    pub pace: Pace,
    /// Since when the endpoint has done nothing but fail; none after a success.
    pub failing_since: Option<Timestamp>,
    /// Whether the endpoint is disabled now.
    pub disable: Option<DisableReason>,
}

/// What an attempt says about the pace an endpoint bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It arrived: a little more at once is fine.
    Faster,
    /// It failed, but not for want of capacity.
    Same,
    /// It timed out or asked for less: fewer at once.
    Slower,
    /// It asked for a rest: nothing until then.
    RestUntil(Timestamp),
}

/// Decides what follows from an attempt.
pub fn decide(attempted: &Attempted<'_>) -> Decision {
    let decision = by_outcome(attempted);
    if attempted.is_lifecycle {
        return Decision { failing_since: attempted.failing_since, disable: None, ..decision };
    }
    decision
}

fn by_outcome(attempted: &Attempted<'_>) -> Decision {
    let Attempted { outcome, rules, now, .. } = *attempted;
    let status = outcome.result.as_ref().map_or(0, |response| response.status);
    if rules.success.contains(status) {
        let (event, pace) = (DeliveryEvent::Succeed, Pace::Faster);
        return Decision { event, due: None, pace, failing_since: None, disable: None };
    }
    let rest = rest_asked_for(attempted);
    let failing_since = attempted.failing_since.unwrap_or(now);
    let gone = status == 410 && rules.gone_disables;
    let (event, due) = if gone { (DeliveryEvent::Fail, None) } else { next(attempted, rest) };
    let exhausted = event == DeliveryEvent::Fail && rules.exhausted == Exhausted::Disable;
    let worn_out = rules.disable_after.is_some_and(|span| now.since(failing_since) >= span);
    let disable = match (gone, exhausted, worn_out) {
        (true, _, _) => Some(DisableReason::Gone),
        (_, true, _) => Some(DisableReason::Exhausted),
        (_, _, true) => Some(DisableReason::Failing),
        _ => None,
    };
    Decision { event, due, pace: pace(attempted, status, rest), failing_since: Some(failing_since), disable }
}

fn next(attempted: &Attempted<'_>, rest: Option<Duration>) -> (DeliveryEvent, Option<Timestamp>) {
    let Attempted { outcome, rules, now, .. } = *attempted;
    let timed_out = matches!(&outcome.result, Err(failure) if failure.kind == FailureKind::Timeout);
    let wait = rules.retry_schedule.get(attempted.retries_used as usize);
    match wait {
        Some(wait) if !(timed_out && rules.timeout_is_final) => {
            let wait = wait.mul_f64(attempted.jitter.max(0.0));
            (DeliveryEvent::Retry, Some(now + wait.max(rest.unwrap_or_default())))
        }
        _ if rules.exhausted == Exhausted::Block => (DeliveryEvent::Block, None),
        _ => (DeliveryEvent::Fail, None),
    }
}

fn pace(attempted: &Attempted<'_>, status: u16, rest: Option<Duration>) -> Pace {
    match &attempted.outcome.result {
        Err(failure) if failure.kind == FailureKind::Timeout => Pace::Slower,
        Err(_) => Pace::Same,
        Ok(_) => match rest {
            Some(rest) => Pace::RestUntil(attempted.now + rest),
            None if attempted.rules.slow_down.contains(&status) => Pace::Slower,
            None => Pace::Same,
        },
    }
}

/// The rest that a `Retry-After` asks for (RFC 9110 §10.2.3), where the rules honour it.
fn rest_asked_for(attempted: &Attempted<'_>) -> Option<Duration> {
    let response = attempted.outcome.result.as_ref().ok()?;
    let text = response.retry_after.as_deref().filter(|_| attempted.rules.retry_after)?;
    retry_after(text, attempted.now).map(|rest| rest.min(RETRY_AFTER_MOST))
}

/// Reads `Retry-After` in both forms: seconds, or an HTTP date (RFC 9110 §5.6.7).
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    http_date(text).map(|date| date.since(now))
}

/// The form in use, then the two obsolete ones that a recipient must still read.
fn http_date(text: &str) -> Option<Timestamp> {
    let current = || jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let obsolete = |form| {
        let date = jiff::civil::DateTime::strptime(form, text).ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let date = current()
        .or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))?;
    Some(Timestamp(date.as_microsecond()))
}

#[cfg(test)]
mod tests;
