//! `fanfare-sim`: runs simulations, or one of them again.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its streams")]

use std::process::ExitCode;

use clap::Parser;

/// Simulates whole Fanfare nodes under faults, deterministically.
#[derive(Parser)]
struct Args {
    /// Run this seed alone and print all that happened.
    #[arg(long)]
    seed: Option<u64>,
    /// Run so many seeds.
    #[arg(long, default_value_t = 100, conflicts_with = "seed")]
    seeds: u64,
    /// Several nodes over one store, not one alone.
    #[arg(long)]
    cluster: bool,
    /// The first of them.
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.seed {
        Some(seed) => replay(seed, args.cluster),
        None => sweep(args.from, args.seeds, args.cluster),
    }
}

fn simulate(seed: u64, cluster: bool) -> anyhow::Result<fanfare_sim::Report> {
    if cluster { fanfare_sim::simulate_cluster(seed) } else { fanfare_sim::simulate(seed) }
}

fn replay(seed: u64, cluster: bool) -> ExitCode {
    match simulate(seed, cluster) {
        Ok(report) => {
            print!("{}", report.trace);
            println!("seed {seed} holds");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("seed {seed}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn sweep(from: u64, seeds: u64, cluster: bool) -> ExitCode {
    let (mut failed, mut acknowledged, mut received, mut replayed, mut kills) = (0_u64, 0, 0, 0, 0);
    for seed in from..from + seeds {
        match simulate(seed, cluster) {
            Ok(report) => {
                acknowledged += report.acknowledged;
                received += report.received;
                replayed += report.replayed;
                kills += report.kills;
            }
            Err(error) => {
                failed += 1;
                eprintln!(
                    "seed {seed}: {error:#}; replay: cargo run -p fanfare-sim -- --seed {seed}{}",
                    if cluster { " --cluster" } else { "" }
                );
            }
        }
    }
    println!(
        "{seeds} seeds, {failed} failed; {acknowledged} messages, {received} requests taken in, \
         {replayed} deliveries sent again, {kills} ends of a life"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
