//! Migrations are `NNNN_name.sql`: the number is the order, the name the same for every store.

use super::Finding;
use crate::tree::File;

pub(super) fn check(file: &File) -> Option<Finding> {
    let name = file.path.strip_prefix("crates/store/migrations/")?.rsplit('/').next()?;
    (!is_well_named(name)).then(|| {
        Finding::of(&file.path, "a migration is named NNNN_name.sql, four digits and lower-case words")
    })
}

fn is_well_named(name: &str) -> bool {
    let Some((number, words)) = name.strip_suffix(".sql").and_then(|stem| stem.split_once('_')) else {
        return false;
    };
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    number.len() == 4
        && number.chars().all(|c| c.is_ascii_digit())
        && !words.is_empty()
        && words.chars().all(is_word)
}
