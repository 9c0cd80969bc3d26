//! `docs/systems.md` maps every requirement of the five systems to tests that exist.

use super::Finding;
use crate::tree::File;

const PAGE: &str = "docs/systems.md";
/// The prefix of each system's requirements, and how many it has.
const REQUIREMENTS: [(&str, usize); 5] = [("TRI", 15), ("TAL", 6), ("QUA", 12), ("JOF", 12), ("TRU", 12)];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![Finding::of(PAGE, "is missing: it maps requirements to tests")];
    };
    let sources: Vec<_> = files.iter().filter(|file| file.ends_in(&[".rs"]) && file.is_test()).collect();
    let exists = |test: &str| sources.iter().any(|file| file.text.contains(&format!("fn {test}(")));
    let mut findings: Vec<_> = (page.text.lines().enumerate())
        .flat_map(|(at, line)| tests_named(line).map(move |test| (at + 1, test)))
        .filter(|(_, test)| !exists(test))
        .map(|(line, test)| Finding::at(PAGE, line, format!("there is no test `{test}`")))
        .collect();
    let has_row = |id: &str| page.text.lines().any(|line| line.starts_with(&format!("| {id} |")));
    let ids =
        REQUIREMENTS.iter().flat_map(|(system, count)| (1..=*count).map(move |n| format!("{system}-{n}")));
    findings
        .extend(ids.filter(|id| !has_row(id)).map(|id| Finding::of(PAGE, format!("has no row for {id}"))));
    findings
}

/// What stands in backticks in the last cell of a table's row.
fn tests_named(line: &str) -> impl Iterator<Item = &str> {
    let cell = line.trim_end().strip_suffix('|').and_then(|row| row.rsplit('|').next()).unwrap_or_default();
    let is_row = line.split_once('-').is_some_and(|(start, _)| {
        REQUIREMENTS.iter().any(|(system, _)| start.trim_start_matches(['|', ' ']) == *system)
    });
    cell.split('`').skip(1).step_by(2).filter(move |_| is_row)
}
