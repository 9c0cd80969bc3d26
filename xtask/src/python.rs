//! Virtual environments with the official libraries that the tests drive.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{process, tree};

/// The environments by name; each has a `requirements-<name>.txt`.
pub(crate) const ENVIRONMENTS: [&str; 3] = ["svix-1", "svix-2", "formats"];

/// Makes every environment that is missing or whose requirements changed.
pub(crate) fn ensure() -> Result<()> {
    ENVIRONMENTS.iter().try_for_each(|name| ensure_environment(name))
}

/// Where an environment lies: below `target/`, whatever directory cargo itself builds in, so that tests find it.
pub(crate) fn directory(name: &str) -> PathBuf {
    tree::root().join("target/python").join(name)
}

fn ensure_environment(name: &str) -> Result<()> {
    let requirements = tree::root().join(format!("crates/fanfare/tests/python/requirements-{name}.txt"));
    let wanted = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let directory = directory(name);
    // Written last: an installation that was cut short is made again.
    let stamp = directory.join("requirements.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install(&directory, &requirements)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn install(directory: &Path, requirements: &Path) -> Result<()> {
    println!("xtask: installing {} into {}", requirements.display(), directory.display());
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(directory))?;
    process::run(
        Command::new(directory.join("bin/python"))
            .args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement"])
            .arg(requirements),
    )
}
