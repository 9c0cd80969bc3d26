//! The simulation holds, and is deterministic.

use fanfare_sim::{simulate, simulate_cluster};

#[test]
fn one_seed_run_twice_gives_the_same_trace() {
    for seed in [1, 2, 3] {
        let (first, second) = (simulate(seed).unwrap(), simulate(seed).unwrap());
        assert!(first.trace.lines().count() > 50, "something happened");
        assert_eq!(first, second);
    }
}

#[test]
fn fifty_seeds_hold() {
    let failed: Vec<_> = (1_000..1_050)
        .filter_map(|seed| simulate(seed).err().map(|error| format!("{seed}: {error:#}")))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn one_seed_of_a_cluster_run_twice_gives_the_same_trace() {
    let (first, second) = (simulate_cluster(1).unwrap(), simulate_cluster(1).unwrap());
    assert!(first.trace.lines().count() > 50, "something happened");
    assert_eq!(first, second);
}

#[test]
fn thirty_clusters_hold() {
    let failed: Vec<_> = (1_000..1_030)
        .filter_map(|seed| simulate_cluster(seed).err().map(|error| format!("{seed}: {error:#}")))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
