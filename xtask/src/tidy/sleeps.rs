//! Tests wait on signals and conditions: one that sleeps is slow on a fast machine and wrong on a slow one.

use super::{Finding, lexer::code_of};
use crate::tree::File;

pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.is_test() || !file.ends_in(&[".rs", ".py"]) {
        return Vec::new();
    }
    let code = if file.ends_in(&[".rs"]) { code_of(&file.text) } else { file.text.clone() };
    let lines: Vec<_> = code.lines().collect();
    let sleeping = lines.iter().enumerate().filter(|(at, line)| {
        // A test's own clock may say what its `sleep` is, for instance tokio's on paused time.
        let is_in_clock = *at > 0 && lines[at - 1].contains("fn sleep(");
        !is_in_clock && sleeps(line)
    });
    sleeping
        .map(|(at, _)| {
            Finding::at(&file.path, at + 1, "a test sleeps here: wait on a signal or a condition instead")
        })
        .collect()
}

fn sleeps(line: &str) -> bool {
    line.match_indices("sleep(").any(|(at, _)| {
        let before = &line[..at];
        !before.ends_with("fn ") && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}
