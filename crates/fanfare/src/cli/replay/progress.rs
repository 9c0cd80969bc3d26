//! How a replay goes: a bar for people, a line of JSON at each change for programs.

use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::cli::terminal::print;

/// Shows how a replay goes.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    shown: Value,
}

impl Progress {
    pub(super) fn new(json: bool) -> Self {
        let bar = (!json).then(|| {
            // Draws only where standard error is a terminal.
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {eta:>6}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, shown: Value::Null }
    }

    pub(super) fn show(&mut self, job: &Value) -> Result<()> {
        match &self.bar {
            Some(bar) => {
                bar.set_message(job["status"].as_str().unwrap_or_default().to_owned());
                bar.set_length(number(job, "counted"));
                bar.set_position(["sent", "skipped", "failed"].map(|field| number(job, field)).iter().sum());
                Ok(())
            }
            None if *job == self.shown => Ok(()),
            None => {
                self.shown = job.clone();
                print(&format!("{job}\n"))
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn number(job: &Value, field: &str) -> u64 {
    job[field].as_u64().unwrap_or(0)
}

/// A replay in a line.
pub(super) fn summary(job: &Value) -> String {
    let word = |field: &str| job[field].as_str().unwrap_or("?").to_owned();
    let [counted, sent, skipped, failed] =
        ["counted", "sent", "skipped", "failed"].map(|field| number(job, field));
    format!(
        "{} {}: {sent} of {counted} sent again, {skipped} skipped, {failed} gone",
        word("id"),
        word("status")
    )
}
