//! `fanfare doctor`: is everything that was accepted still accounted for, and can it go on?
//!
//! Works beside a running server and on a stopped one, and changes nothing: the store is opened to be looked at.

mod checks;
mod patient;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use self::{checks::Check, patient::Patient};
use super::terminal::{self, Colours, Style};
use crate::config::{CommonFlags, MasterKeyFlags, StoreFlags};

/// Options of `fanfare doctor`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DoctorArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// Runs all checks; an error if one of them found something wrong.
pub(super) async fn run(common: &CommonFlags, args: &DoctorArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let patient = Patient::open(config).await?;
    let colours = Colours::of_stdout();
    let mut report = Report::default();
    for examine in patient.checks() {
        let check = examine.await;
        if !args.json {
            terminal::print(&line(&check, colours))?;
        }
        report.checks.push(check);
    }
    let (all, wrong) = (report.checks.len(), report.checks.iter().filter(|check| !check.ok).count());
    report.healthy = wrong == 0;
    if args.json {
        terminal::print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    } else if report.healthy {
        terminal::print(&format!("All {all} checks passed.\n"))?;
    }
    if wrong > 0 {
        bail!("{} of {all} found something wrong", terminal::count(wrong as u64, "check", "checks"));
    }
    Ok(())
}

/// What was found, in the form of `--json`.
#[derive(Debug, Default, Serialize)]
struct Report {
    healthy: bool,
    checks: Vec<Check>,
}

fn line(check: &Check, colours: Colours) -> String {
    let mark = match check.ok {
        true => colours.paint(Style::Good, "✓"),
        false => colours.paint(Style::Bad, "✗"),
    };
    format!("{mark} {} {}\n", colours.paint(Style::Quiet, format!("{:11}", check.name)), check.finding)
}
