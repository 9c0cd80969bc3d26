//! Debian packages that the tests need: installed when we may, named when we may not.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::process;

/// Servers and tools that tests start themselves (`crates/servers`, `deploy/cluster.sh`), by what their packages bring. Debian starts some of
/// them as services when it installs them: tests neither use nor touch those.
const SERVERS: [(&str, &str); 5] = [
    ("pgbouncer", "/usr/sbin/pgbouncer"),
    ("nats-server", "/usr/sbin/nats-server"),
    ("faketime", "/usr/bin/faketime"),
    ("haproxy", "/usr/sbin/haproxy"),
    ("curl", "/usr/bin/curl"),
];

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
    if !has_postgres() {
        missing.push("postgresql");
    }
    missing.extend(SERVERS.iter().filter(|(_, path)| !Path::new(path).exists()).map(|(name, _)| *name));
    missing
}

/// Whether some version's server is there, not its clients alone.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").exists())
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}
