//! Sizes that keep the tree readable: files, the README, the root.

use super::Finding;
use crate::tree::File;

const FILE_LINES: usize = 600;
const README_LINES: usize = 100;
const ROOT_ENTRIES: usize = 20;

pub(super) fn check_file(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    if file.path == "README.md" && lines > README_LINES {
        let message = format!("has {lines} lines, more than {README_LINES}: move the rest to docs/");
        return Some(Finding::of(&file.path, message));
    }
    let counts = file.ends_in(&[".rs", ".py", ".sql", ".sh", ".md"]);
    (counts && lines > FILE_LINES).then(|| {
        Finding::of(&file.path, format!("has {lines} lines, more than {FILE_LINES}: split it by operation"))
    })
}

pub(super) fn check_root(entries: &[String]) -> Option<Finding> {
    let many = entries.len();
    (many > ROOT_ENTRIES).then(|| {
        Finding::of(
            ".",
            format!("the root has {many} entries, more than {ROOT_ENTRIES}: {}", entries.join(" ")),
        )
    })
}
