//! The edges between our crates are these and no others: a boundary that Cargo holds needs no reviewer.

use anyhow::{Context as _, Result};
use toml::Table;

use super::Finding;
use crate::tree::File;

/// Which of our crates a crate may be built on. A new edge is a decision: see docs/adr.
const EDGES: [(&str, &[&str]); 10] = [
    ("core", &[]),
    ("store", &["core"]),
    ("outbound", &["core"]),
    ("engine", &["core"]),
    ("api", &["core", "engine"]),
    ("console", &["core", "engine"]),
    ("sources", &["core", "engine"]),
    ("fanfare", &["core", "store", "outbound", "engine", "api", "console", "sources"]),
    ("sim", &["core", "store", "engine", "api"]),
    ("servers", &[]),
];

/// What tests may use beyond that: services are tested over the store that ships,
/// and over real servers.
const TEST_EDGES: [(&str, &[&str]); 6] = [
    ("store", &["servers"]),
    ("engine", &["store", "servers"]),
    ("api", &["store"]),
    ("console", &["store"]),
    ("sources", &["store", "servers"]),
    ("fanfare", &["servers"]),
];

pub(super) fn check(file: &File) -> Result<Vec<Finding>> {
    let Some(name) = file.path.strip_prefix("crates/").and_then(|path| path.strip_suffix("/Cargo.toml"))
    else {
        return Ok(Vec::new());
    };
    // A crate's fuzz targets are a part of it that stands outside the workspace.
    let name = name.strip_suffix("/fuzz").unwrap_or(name);
    let manifest: Table = file.text.parse().with_context(|| format!("cannot parse {}", file.path))?;
    let mut findings = Vec::new();
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let allowed = allowed(name, section == "dev-dependencies");
        // A crate that names itself asks for one of its own features in its tests: no edge.
        let ours = dependencies(&manifest, section).filter_map(|key| key.strip_prefix("fanfare-"));
        let ours = ours.filter(|ours| *ours != name);
        findings.extend(ours.filter(|ours| !allowed.contains(ours)).map(|ours| {
            Finding::of(
                &file.path,
                format!("{name} may not depend on {ours} ([{section}]): see xtask/src/tidy/edges.rs"),
            )
        }));
    }
    Ok(findings)
}

fn allowed(name: &str, in_tests: bool) -> Vec<&'static str> {
    let find = |edges: &[(&str, &[&'static str])]| {
        edges.iter().find(|(from, _)| *from == name).map_or(Vec::new(), |(_, to)| to.to_vec())
    };
    let more = if in_tests { find(&TEST_EDGES) } else { Vec::new() };
    [find(&EDGES), more].concat()
}

fn dependencies<'a>(manifest: &'a Table, section: &str) -> impl Iterator<Item = &'a str> {
    let section = manifest.get(section).and_then(|section| section.as_table());
    section.into_iter().flat_map(|table| table.keys().map(String::as_str))
}
