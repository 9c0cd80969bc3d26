//! Nothing is left for later in the tree: what is missing is absent, not marked.

use super::{Finding, lexer::code_of};
use crate::tree::File;

/// Split in two, so that this file keeps its own rule.
const NOTES: [(&str, &str); 2] = [("TO", "DO"), ("FIX", "ME")];
const MACROS: [&str; 2] = ["todo!", "unimplemented!"];
const IGNORE: &str = "#[ignore";

pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.ends_in(&[".rs", ".py", ".sql", ".sh", ".toml", ".md", ".ci/run"]) {
        return Vec::new();
    }
    let mut findings = lines_with(file, &file.text, |line| {
        NOTES.iter().map(|(head, tail)| [*head, *tail].concat()).find(|note| has_word(line, note))
    });
    if file.ends_in(&[".rs"]) {
        findings.extend(lines_with(file, &code_of(&file.text), |line| {
            MACROS.into_iter().chain([IGNORE]).find(|word| line.contains(word)).map(str::to_owned)
        }));
    }
    findings
}

fn lines_with(file: &File, text: &str, find: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(at, line)| Some((at + 1, find(line)?)));
    found
        .map(|(line, word)| {
            Finding::at(&file.path, line, format!("`{word}`: do it now, or leave it out and say so"))
        })
        .collect()
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}
