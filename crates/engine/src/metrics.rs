//! What the engine counts, for Prometheus. Every label is bounded.

use std::time::Duration;

use fanfare_core::replay::ReplayStatus;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// The engine's metrics of one process.
#[derive(Clone)]
pub struct Metrics {
    /// Messages accepted.
    pub accepted: Counter,
    /// Posts refused, by reason.
    pub refused: Family<RefusedLabels, Counter>,
    /// Filters of endpoints that could not be evaluated for a message, which then did not match.
    pub filter_failures: Counter,
    /// Attempts, by what came of them.
    pub attempts: Family<AttemptLabels, Counter>,
    /// Deliveries that ended, by state.
    pub ended: Family<StateLabels, Counter>,
    /// Outcomes that came after somebody else had taken the delivery over.
    pub late: Counter,
    /// From accept (or `deliverAt`) to the first attempt's start, in seconds.
    pub first_attempt: Histogram,
    /// From accept (or `deliverAt`) to success, in seconds.
    pub end_to_end: Histogram,
    /// Store commits, by kind.
    pub commits: Family<CommitLabels, Counter>,
    /// Items per commit, by kind.
    pub batch: Family<CommitLabels, Histogram, fn() -> Histogram>,
    /// Time per commit in seconds, by kind.
    pub commit_seconds: Family<CommitLabels, Histogram, fn() -> Histogram>,
    /// Deliveries that replays and recoveries have dealt with, by result.
    pub replayed: Family<ReplayLabels, Counter>,
    /// Replays and recoveries that ended, by status.
    pub replays_ended: Family<StatusLabels, Counter>,
    /// Replays and recoveries that go on.
    pub replays_open: Gauge,
    /// Streams of updates that are open.
    pub streams: Gauge,
    /// Times that a stream was told that it missed updates.
    pub stream_resets: Counter,
    /// Writes that the store refused.
    pub store_failures: Counter,
    /// Lanes in memory.
    pub lanes: Gauge,
    /// Requests in flight.
    pub in_flight: Gauge,
    /// Deliveries waiting in memory.
    pub queued: Gauge,
    /// Their weight in bytes.
    pub queued_bytes: Gauge,
    /// Lanes with work waiting in the store.
    pub backlog_lanes: Gauge,
    /// Seconds that the oldest due work has waited in the store.
    pub backlog_age: Gauge,
    /// Deliveries by stored state.
    pub deliveries: Family<StateLabels, Gauge>,
    /// Deliveries ever accepted, less erased ones, less those in a state: anything but 0 is a loss.
    pub unaccounted: Gauge,
}

/// Why a post was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RefusedLabels {
    /// `conflict`, `overloaded`, `store` or `other`.
    pub reason: &'static str,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AttemptLabels {
    /// `success`, `1xx` … `5xx`, or the kind of failure.
    pub outcome: &'static str,
}

/// A delivery state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StateLabels {
    /// The state's word.
    pub state: &'static str,
}

/// What became of a delivery in a replay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReplayLabels {
    /// `sent`, `skipped` or `failed`.
    pub result: &'static str,
}

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusLabels {
    /// The status's word.
    pub status: &'static str,
}

/// A kind of commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CommitLabels {
    /// What was committed: `accept` or `record`.
    pub kind: &'static str,
}

/// The kinds of commit on the hot path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Commit {
    /// Messages with their deliveries.
    Accept,
    /// Outcomes.
    Record,
}

impl Metrics {
    /// Metrics registered in `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::new();
        let m = metrics.clone();
        registry.register("accepted", "Messages accepted", m.accepted);
        registry.register("refused", "Posts refused", m.refused);
        registry.register("filter_failures", "Filters that could not be evaluated", m.filter_failures);
        registry.register("attempts", "Attempts by outcome", m.attempts);
        registry.register("deliveries_ended", "Deliveries ended by state", m.ended);
        registry.register("late_outcomes", "Outcomes of deliveries taken over meanwhile", m.late);
        let seconds = Unit::Seconds;
        registry.register_with_unit(
            "first_attempt",
            "Accept to first attempt",
            seconds.clone(),
            m.first_attempt,
        );
        registry.register_with_unit("end_to_end", "Accept to success", seconds.clone(), m.end_to_end);
        registry.register("commits", "Store commits", m.commits);
        registry.register("batch_items", "Items per commit", m.batch);
        registry.register_with_unit("commit", "Time per commit", seconds.clone(), m.commit_seconds);
        registry.register("replayed", "Deliveries replayed, by result", m.replayed);
        registry.register("replays_ended", "Replays ended by status", m.replays_ended);
        registry.register("replays_open", "Replays that go on", m.replays_open);
        registry.register("streams", "Streams of updates that are open", m.streams);
        registry.register("stream_resets", "Streams told that they missed updates", m.stream_resets);
        registry.register("store_failures", "Writes that the store refused", m.store_failures);
        registry.register("lanes", "Lanes in memory", m.lanes);
        registry.register("in_flight", "Requests in flight", m.in_flight);
        registry.register("queued", "Deliveries waiting in memory", m.queued);
        registry.register_with_unit("queued", "Their weight", Unit::Bytes, m.queued_bytes);
        registry.register("backlog_lanes", "Lanes with work in the store", m.backlog_lanes);
        registry.register_with_unit("backlog_age", "Age of the oldest due work", seconds, m.backlog_age);
        registry.register("deliveries", "Deliveries by stored state", m.deliveries);
        registry.register("unaccounted", "Deliveries that the books miss", m.unaccounted);
        metrics
    }

    fn new() -> Self {
        Self {
            accepted: Counter::default(),
            refused: Family::default(),
            filter_failures: Counter::default(),
            attempts: Family::default(),
            ended: Family::default(),
            late: Counter::default(),
            first_attempt: latency(),
            end_to_end: latency(),
            commits: Family::default(),
            batch: Family::new_with_constructor(|| Histogram::new(exponential_buckets(1.0, 2.0, 10))),
            commit_seconds: Family::new_with_constructor(latency),
            replayed: Family::default(),
            replays_ended: Family::default(),
            replays_open: Gauge::default(),
            streams: Gauge::default(),
            stream_resets: Counter::default(),
            store_failures: Counter::default(),
            lanes: Gauge::default(),
            in_flight: Gauge::default(),
            queued: Gauge::default(),
            queued_bytes: Gauge::default(),
            backlog_lanes: Gauge::default(),
            backlog_age: Gauge::default(),
            deliveries: Family::default(),
            unaccounted: Gauge::default(),
        }
    }

    pub(crate) fn replay_ended(&self, status: ReplayStatus) {
        self.replays_ended.get_or_create(&StatusLabels { status: status.as_str() }).inc();
    }

    pub(crate) fn committed(&self, kind: Commit, items: usize, took: Duration) {
        let kind = match kind {
            Commit::Accept => "accept",
            Commit::Record => "record",
        };
        let labels = CommitLabels { kind };
        self.commits.get_or_create(&labels).inc();
        self.batch.get_or_create(&labels).observe(items as f64);
        self.commit_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// From half a millisecond to a good day.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 28))
}
