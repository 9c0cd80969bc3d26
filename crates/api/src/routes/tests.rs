use std::collections::BTreeSet;

use super::*;

/// Each constant of `paths.rs`, read from its source, so that none can be forgotten.
fn constants() -> BTreeSet<&'static str> {
    let lines = include_str!("../paths.rs").lines();
    lines.filter_map(|line| line.split_once("&str = \"")?.1.strip_suffix("\";")).collect()
}

#[test]
fn every_path_is_described_and_every_described_path_is_a_constant() {
    let described = described();
    let mut paths: BTreeSet<&str> = described.paths.paths.keys().map(String::as_str).collect();
    paths.insert(paths::OPENAPI);
    assert_eq!(paths, constants());
}

#[test]
fn operation_ids_are_given_once() {
    let mut seen = BTreeSet::new();
    for (path, item) in &described().paths.paths {
        let operations = [&item.get, &item.post, &item.put, &item.patch, &item.delete];
        for operation in operations.into_iter().flatten() {
            let id = operation.operation_id.clone().unwrap();
            assert!(seen.insert(id.clone()), "{id} at {path} is given twice");
        }
    }
}
