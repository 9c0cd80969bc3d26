//! What a run found: figures of each phase, the verdict on every message, and how it is shown.

use std::{collections::BTreeMap, fmt, ops::Range, sync::atomic::Ordering::Relaxed};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{ceiling::Ceiling, ledger::Ledger, machine::Machine, plan::Plan};

/// Latency percentiles in milliseconds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latency {
    /// Of pairs of (start, end) in nanoseconds.
    pub(crate) fn of(times: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut histogram = Histogram::<u64>::new(3).expect("3 significant digits are allowed");
        for (start, end) in times {
            let micros = end.saturating_sub(start) / 1_000;
            histogram.record(micros).expect("the histogram grows as needed");
        }
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        Self { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), p999_ms: at(0.999), max_ms: at(1.0) }
    }
}

/// From the first start to the last end of a set of things.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    count: u64,
    first: u64,
    last: u64,
}

impl Span {
    /// Of pairs of (start, end) in nanoseconds.
    pub(crate) fn of(times: impl Iterator<Item = (u64, u64)>) -> Self {
        let empty = Self { count: 0, first: u64::MAX, last: 0 };
        times.fold(empty, |span, (start, end)| Self {
            count: span.count + 1,
            first: span.first.min(start),
            last: span.last.max(end),
        })
    }

    /// How many things there were.
    pub(crate) fn count(self) -> u64 {
        self.count
    }

    /// How many per second; 0 if there were none.
    pub(crate) fn per_second(self) -> f64 {
        let nanos = self.last.saturating_sub(self.first);
        if nanos == 0 { 0.0 } else { self.count as f64 * 1e9 / nanos as f64 }
    }
}

/// One measured phase.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) accepted: u64,
    pub(crate) delivered: u64,
    pub(crate) missing: usize,
    pub(crate) altered_ids: usize,
    pub(crate) accepted_per_second: f64,
    pub(crate) delivered_per_second: f64,
    pub(crate) accept: Latency,
    pub(crate) end_to_end: Latency,
}

impl Phase {
    /// The figures of the messages in `range`.
    pub(crate) fn of(name: &'static str, ledger: &Ledger, range: Range<usize>) -> Self {
        let accepted = Span::of(ledger.accept_times(range.clone()));
        let delivered = Span::of(ledger.arrival_times(range.clone()));
        Self {
            name,
            accepted: accepted.count(),
            delivered: delivered.count(),
            missing: ledger.outstanding(range.clone()),
            altered_ids: ledger.altered_ids(range.clone()),
            accepted_per_second: accepted.per_second(),
            delivered_per_second: delivered.per_second(),
            accept: Latency::of(ledger.accept_times(range.clone())),
            end_to_end: Latency::of(ledger.arrival_times(range)),
        }
    }
}

/// Counts over the whole run.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checks {
    pub(crate) duplicates: u64,
    pub(crate) misplaced: u64,
    pub(crate) foreign: u64,
    pub(crate) signatures_checked: u64,
    pub(crate) signatures_wrong: u64,
    pub(crate) not_accepted: BTreeMap<String, u64>,
}

impl Checks {
    /// As `ledger` has counted them.
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let faults = &ledger.faults;
        Self {
            duplicates: ledger.duplicates(),
            misplaced: faults.misplaced.load(Relaxed),
            foreign: faults.foreign.load(Relaxed),
            signatures_checked: faults.verified.load(Relaxed),
            signatures_wrong: faults.unverified.load(Relaxed),
            not_accepted: ledger.refusals(),
        }
    }
}

/// What hanging endpoints did to the healthy ones.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hanging {
    /// Messages to hanging endpoints that were acknowledged.
    pub(crate) accepted: u64,
    /// Connections that the hanging receiver held open at the end.
    pub(crate) connections: usize,
    /// Healthy p99 end to end beside them, over the same without them.
    pub(crate) healthy_p99_ratio: f64,
}

/// The whole run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// What was asked for.
    pub(crate) plan: Plan,
    /// One hop, no server.
    pub(crate) ceiling: Ceiling,
    /// The measured phases.
    pub(crate) phases: Vec<Phase>,
    /// Delivered per second of the first phase, over the ceiling; means nothing at a given rate.
    pub(crate) ratio_to_ceiling: Option<f64>,
    /// With hanging endpoints: what they did.
    pub(crate) hanging: Option<Hanging>,
    /// With a profile: delivered per second of its phase, over the same of the plain one.
    pub(crate) profile_ratio: Option<f64>,
    /// Counts over the whole run.
    pub(crate) checks: Checks,
    /// What the run cost, and where.
    pub(crate) machine: Machine,
    /// What `fanfare doctor` said about the store afterwards; only with a server of our own.
    pub(crate) doctor: Option<String>,
    /// Whether it was ended before its time.
    pub(crate) interrupted: bool,
}

impl Report {
    /// What makes the run a failure, if anything does.
    pub(crate) fn failure(&self) -> Option<String> {
        let missing: usize = self.phases.iter().map(|phase| phase.missing).sum();
        let altered: usize = self.phases.iter().map(|phase| phase.altered_ids).sum();
        let accepted: u64 = self.phases.iter().map(|phase| phase.accepted).sum();
        let found = [
            (
                if self.interrupted { 0 } else { missing as u64 },
                "webhooks of acknowledged messages are missing",
            ),
            (altered as u64, "messages arrived under another id"),
            (self.checks.signatures_wrong, "signatures are wrong"),
            (self.checks.misplaced, "webhooks came to the wrong endpoint"),
            (self.checks.duplicates, "webhooks came twice, although nothing was interrupted"),
            (u64::from(accepted == 0), "phase without any acknowledged message"),
        ];
        let texts: Vec<_> = found
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ceiling = &self.ceiling;
        let (per_second, before) = (ceiling.per_second, &ceiling.before);
        write!(f, "one-hop ceiling   {per_second:>9.0}/s   exchange {}", before.exchange)?;
        match &ceiling.after {
            Some(after) => writeln!(f, "; {:.0}/s before, {:.0} after", before.per_second, after.per_second)?,
            None => writeln!(f)?,
        }
        for phase in &self.phases {
            write!(f, "{phase}")?;
        }
        if let Some(ratio) = self.ratio_to_ceiling {
            writeln!(f, "of the ceiling    {ratio:>9.3}")?;
        }
        if let Some(hanging) = &self.hanging {
            writeln!(f, "hanging           {hanging}")?;
        }
        if let (Some(profile), Some(ratio)) = (&self.plan.profile, self.profile_ratio) {
            writeln!(f, "profile {profile:<9} {ratio:>9.3} of the plain phase's deliveries per second")?;
        }
        writeln!(f, "checks            {}", self.checks)?;
        write!(f, "{}", self.machine)?;
        if let Some(doctor) = &self.doctor {
            writeln!(f, "doctor            {doctor}")?;
        }
        if self.interrupted {
            writeln!(f, "interrupted: these figures cover what was done until then")?;
        }
        Ok(())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, accepted, delivered, missing, .. } = self;
        writeln!(f, "{name}: {accepted} accepted, {delivered} delivered, {missing} missing")?;
        writeln!(f, "  accepted        {:>9.0}/s   {}", self.accepted_per_second, self.accept)?;
        writeln!(f, "  delivered       {:>9.0}/s   end to end {}", self.delivered_per_second, self.end_to_end)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = self;
        write!(f, "p50 {p50_ms:.2} ms, p90 {p90_ms:.2}, p99 {p99_ms:.2}, p99.9 {p999_ms:.2}, max {max_ms:.2}")
    }
}

impl fmt::Display for Hanging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, connections, healthy_p99_ratio } = self;
        write!(f, "{accepted} messages accepted for them, {connections} connections held, ")?;
        write!(f, "healthy p99 x {healthy_p99_ratio:.2}")
    }
}

impl fmt::Display for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { duplicates, signatures_checked, signatures_wrong, .. } = self;
        write!(f, "{signatures_checked} signatures, {signatures_wrong} wrong; {duplicates} duplicates")?;
        if self.misplaced + self.foreign > 0 {
            write!(f, "; {} at the wrong endpoint, {} foreign requests", self.misplaced, self.foreign)?;
        }
        for (reason, count) in &self.not_accepted {
            write!(f, "; {count} not accepted: {reason}")?;
        }
        Ok(())
    }
}
