//! Debian packages that the tests need: installed when we may, named when we may not.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// Installs what is missing, or names it and stops.
pub(crate) fn ensure() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root() {
        bail!("the tests need packages that are not installed. Run: sudo apt-get install {names}");
    }
    println!("xtask: installing {names}");
    process::run(apt_get().arg("update"))?;
    process::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
}

fn missing() -> Vec<&'static str> {
    let python = |code: &str| process::succeeds(Command::new("python3").args(["-c", code]));
    let mut missing = Vec::new();
    if !python("") {
        missing.push("python3");
    }
    // Debian ships `venv` without the `ensurepip` that makes it work.
    if !python("import venv, ensurepip") {
        missing.push("python3-venv");
    }
    let runs = |program: &str| process::succeeds(Command::new(program).arg("--version"));
    missing.extend(
        [("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")]
            .iter()
            .filter(|(program, _)| !runs(program))
            .map(|(_, name)| *name),
    );
    missing
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}
