use std::collections::BTreeSet;

use fanfare_engine::metrics::{
    AttemptLabels, CommitLabels, Metrics, RefusedLabels, ReplayLabels, StateLabels, StatusLabels,
};

use super::*;

/// The names as Prometheus stores them, histograms without their suffixes.
fn registered() -> BTreeSet<String> {
    let mut registry = registry();
    let metrics = Metrics::register(&mut registry);
    show_families(&metrics);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        })
        .collect()
}

/// A family is encoded only once one of its members is there.
fn show_families(metrics: &Metrics) {
    let (state, commit) = (StateLabels { state: "failed" }, CommitLabels { kind: "accept" });
    drop(metrics.refused.get_or_create(&RefusedLabels { reason: "other" }));
    drop(metrics.attempts.get_or_create(&AttemptLabels { outcome: "success" }));
    drop(metrics.replayed.get_or_create(&ReplayLabels { result: "sent" }));
    drop(metrics.replays_ended.get_or_create(&StatusLabels { status: "done" }));
    drop(metrics.ended.get_or_create(&state));
    drop(metrics.deliveries.get_or_create(&state));
    drop(metrics.commits.get_or_create(&commit));
    drop(metrics.batch.get_or_create(&commit));
    drop(metrics.commit_seconds.get_or_create(&commit));
}

#[test]
fn the_operations_guide_lists_every_metric_and_no_other() {
    let guide = include_str!("../../../../../docs/operations.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `fanfare_")?.split_once(['`', '{']));
    let listed: BTreeSet<_> = rows.map(|(name, _)| format!("fanfare_{name}")).collect();
    assert_eq!(listed, registered());
}
