//! Packages of the npm registry that the tests drive: authorization servers, official verifiers.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result};

use crate::{process, tree};

/// What is installed, and from which lock file.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Where they are installed: below `target/`, whatever directory cargo itself builds in, so that tests find
/// them. A script whose working directory this is can import them.
fn directory() -> PathBuf {
    tree::root().join("target/node")
}

/// Installs them where they are missing or the lock file changed.
pub(crate) fn ensure() -> Result<()> {
    let directory = directory();
    let source = tree::root().join("crates/fanfare/tests/node");
    let read = |name: &str| {
        let path = source.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let wanted = FILES.iter().map(|name| read(name)).collect::<Result<Vec<_>>>()?;
    // Written last: an installation that was cut short is made again.
    let stamp = directory.join("package-lock.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted.concat()) {
        return Ok(());
    }
    println!("xtask: installing {} into {}", source.display(), directory.display());
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for (name, text) in FILES.iter().zip(&wanted) {
        fs::write(directory.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    let mut install = Command::new("npm");
    install.current_dir(&directory).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    process::run(install.arg("--loglevel=error"))?;
    fs::write(&stamp, wanted.concat()).with_context(|| format!("cannot write {}", stamp.display()))
}
