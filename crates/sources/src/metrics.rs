//! What sources count, for Prometheus. The label is the source's name from the configuration.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::source::Lag;

/// The metrics of all sources of one process.
#[derive(Clone, Default)]
pub struct Metrics {
    taken: Family<SourceLabels, Counter>,
    repeated: Family<SourceLabels, Counter>,
    dead: Family<SourceLabels, Counter>,
    failures: Family<SourceLabels, Counter>,
    waiting: Family<SourceLabels, Gauge>,
    lag: Family<SourceLabels, Gauge<f64, AtomicU64>>,
}

/// Which source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: String,
}

/// The metrics of one source.
#[derive(Clone)]
pub(crate) struct Counted {
    metrics: Metrics,
    labels: SourceLabels,
}

impl Metrics {
    /// Metrics registered in `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let m = metrics.clone();
        registry.register("source_taken", "Events of a source that were accepted", m.taken);
        registry.register("source_repeated", "Events of a source that came again and were known", m.repeated);
        registry.register("source_dead", "Events of a source that went to its dead letters", m.dead);
        registry.register(
            "source_failures",
            "Times that a source failed, or the store refused its events",
            m.failures,
        );
        registry.register("source_waiting", "Events that wait in a source, where it can tell", m.waiting);
        registry.register_with_unit(
            "source_lag",
            "How long a source's oldest event waits",
            Unit::Seconds,
            m.lag,
        );
        metrics
    }

    pub(crate) fn of(&self, source: &str) -> Counted {
        Counted { metrics: self.clone(), labels: SourceLabels { source: source.to_owned() } }
    }
}

impl Counted {
    pub(crate) fn settled(&self, taken: usize, repeated: usize, dead: usize) {
        let add = |family: &Family<SourceLabels, Counter>, count: usize| {
            family.get_or_create(&self.labels).inc_by(count as u64);
        };
        add(&self.metrics.taken, taken);
        add(&self.metrics.repeated, repeated);
        add(&self.metrics.dead, dead);
    }

    pub(crate) fn failed(&self) {
        self.metrics.failures.get_or_create(&self.labels).inc();
    }

    pub(crate) fn lag(&self, lag: Lag) {
        self.metrics.lag.get_or_create(&self.labels).set(lag.age.as_secs_f64());
        if let Some(events) = lag.events {
            let waiting = self.metrics.waiting.get_or_create(&self.labels);
            waiting.set(i64::try_from(events).unwrap_or(i64::MAX));
        }
    }
}
