//! Every `select!` is biased: an unbiased one draws from a random source that the simulator cannot seed.

use super::{Finding, lexer::code_of};
use crate::tree::File;

const MACRO: &str = "select!";

pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.ends_in(&[".rs"]) {
        return Vec::new();
    }
    let code = code_of(&file.text);
    let unbiased = code.match_indices(MACRO).filter(|(at, _)| {
        let body = code[at + MACRO.len()..].trim_start().trim_start_matches(['{', '(']).trim_start();
        !body.starts_with("biased;")
    });
    unbiased
        .map(|(at, _)| {
            let line = code[..at].lines().count().max(1);
            Finding::at(
                &file.path,
                line,
                "this select is not biased: write `biased;` first, so that a seed replays it",
            )
        })
        .collect()
}
