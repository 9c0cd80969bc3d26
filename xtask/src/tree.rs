//! The source tree: where it is and what is in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// What a tree may hold that is no source: version control, builds, a server's data.
const NOT_SOURCE: [&str; 4] = [".git", "target", "fanfare-data", "__pycache__"];

/// A source file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its path below the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    /// Whether its name ends in one of these, for instance `.rs`.
    pub(crate) fn ends_in(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Whether it holds tests and nothing else.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies below the root")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a setting of cargo, not of ours")]
    let elsewhere = std::env::var_os("CARGO_TARGET_DIR");
    elsewhere.map_or_else(|| root().join("target"), |path| root().join(path))
}

/// The names of the root's entries.
pub(crate) fn root_entries() -> Result<Vec<String>> {
    Ok(entries(root())?.into_iter().map(|path| name(&path)).collect())
}

/// All files that are text, by path.
pub(crate) fn files() -> Result<Vec<File>> {
    let mut files = Vec::new();
    collect(root(), &mut files)?;
    Ok(files)
}

/// Whether any comment holds an example that `cargo test --doc` would run.
pub(crate) fn has_doc_tests() -> Result<bool> {
    let is_example = |line: &str| {
        let text = line.trim_start().strip_prefix("///").or_else(|| line.trim_start().strip_prefix("//!"));
        let fence = text.and_then(|text| text.trim_start().strip_prefix("```"));
        fence.is_some_and(|kind| kind.is_empty() || kind.starts_with("rust") || kind.starts_with("no_run"))
    };
    // The fence that closes a block of another kind is empty too: then we run them once in vain.
    Ok(files()?.iter().any(|file| file.ends_in(&[".rs"]) && file.text.lines().any(is_example)))
}

fn collect(directory: &Path, files: &mut Vec<File>) -> Result<()> {
    for path in entries(directory)? {
        if path.is_dir() {
            collect(&path, files)?;
        } else if let Ok(text) = String::from_utf8(fs::read(&path).with_context(|| at(&path))?) {
            let below = path.strip_prefix(root()).expect("the walk began at the root");
            files.push(File { path: below.to_string_lossy().replace('\\', "/"), text });
        }
    }
    Ok(())
}

/// The entries of a directory by name, without what is no source.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let listed: std::io::Result<Vec<_>> = fs::read_dir(directory)
        .with_context(|| at(directory))?
        .map(|entry| entry.map(|e| e.path()))
        .collect();
    let mut paths = listed.with_context(|| at(directory))?;
    paths.retain(|path| !NOT_SOURCE.contains(&name(path).as_str()));
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn at(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
