//! Deterministic simulation of whole nodes: the shipped engine and the shipped SQLite code in one thread, on
//! simulated time, over a scripted network. One seed always gives the same run.

mod client;
mod clock;
mod cluster;
mod entropy;
mod network;
mod node;
mod oracle;
mod plan;
mod replays;
mod scenario;
mod trace;

use std::path::PathBuf;

use anyhow::Context as _;

pub use scenario::Report;

/// Simulates one node by `seed` and judges it. An error says what did not hold.
pub fn simulate(seed: u64) -> anyhow::Result<Report> {
    run(seed, false)
}

/// The same of several nodes over one store.
pub fn simulate_cluster(seed: u64) -> anyhow::Result<Report> {
    run(seed, true)
}

fn run(seed: u64, cluster: bool) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .context("starting a runtime")?;
    // A memory file system where there is one: durability against power loss is not what is simulated.
    let memory = PathBuf::from("/dev/shm");
    let data = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let data = data.context("making a directory for the store")?;
    runtime.block_on(scenario::run(seed, &data.path().join("fanfare.db"), cluster))
}
