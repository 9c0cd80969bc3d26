//! `fanfare outbox status`: what waits, what holds it up, what could not be accepted.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use fanfare_sources::outbox::{DeadLetter, Report, report};

use super::PlatformFlags;
use crate::{cli::terminal, clock::SystemClock};

/// Options of `fanfare outbox status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    platform: PlatformFlags,
}

/// Prints how the outbox stands.
pub(super) async fn run(args: &StatusArgs) -> Result<()> {
    let report = report(&args.platform.database()?, &SystemClock::new()).await?;
    terminal::print(&text(&report))
}

fn text(report: &Report) -> String {
    let mut text = format!("The outbox has version {}.\n", report.version);
    text += &match report.waiting {
        0 => "Nothing waits.\n".to_owned(),
        waiting => format!("Waiting: {waiting}, the oldest for {}.\n", seconds(report.age)),
    };
    if report.held_up > 0 {
        text += &format!("Held up by open transactions: {}.", report.held_up);
        text += &match report.held_up_by {
            Some((pid, Some(open))) => {
                format!(" The oldest is that of process {pid}, open for {}.\n", seconds(open))
            }
            Some((pid, None)) => format!(" The oldest is that of process {pid}.\n"),
            None => "\n".to_owned(),
        };
    }
    text += &format!("Dead letters: {}.\n", report.dead);
    if report.newest_dead.is_empty() {
        return text;
    }
    let mut rows = vec![["ID", "DIED", "APPLICATION", "EVENT TYPE", "REASON"].map(str::to_owned)];
    rows.extend(report.newest_dead.iter().map(row));
    text + &terminal::table(&rows)
}

fn row(letter: &DeadLetter) -> [String; 5] {
    let DeadLetter { id, died_at, application, event_type, reason } = letter;
    // What stands in a platform's table shall not steer a terminal.
    [id.to_string(), died_at.clone(), application.clone(), event_type.clone(), reason.clone()]
        .map(|text| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests;
