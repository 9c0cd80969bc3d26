//! `fanfare verify`: a captured request against a secret, part by part.

mod capture;
mod expectations;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use fanfare_core::{
    ports::Clock as _,
    time::Timestamp,
    verify::{Captured, Check, Verdict},
};
use serde_json::json;

use self::capture::Capture;
pub(super) use self::expectations::ExpectationFlags;
use super::{
    listen::checks_text,
    terminal::{Colours, count, note, print},
};
use crate::{clock::SystemClock, config::CommonFlags, receiver::WireRequest};

/// Options of `fanfare verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "FILE holds a request as it came over the wire: the request line, the headers, an empty line, \
                        the body.\n`fanfare listen --save DIR` writes such files, and `nc -l` prints such text."
)]
pub(crate) struct VerifyArgs {
    /// The captured request; `-` reads standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    expectations: ExpectationFlags,
    /// When the request arrived, as RFC 3339 or in seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Verifies the request. An error unless every part is right.
pub(super) async fn run(common: &CommonFlags, args: VerifyArgs) -> Result<()> {
    let config = super::begin(common, &args.expectations.settings())?;
    let profile = args.expectations.profile(&config.profiles)?;
    let verifier = args.expectations.verifier(&profile)?;
    let Capture { request, notes } = capture::read(&args.file).await?;
    let now = args.at.unwrap_or_else(|| SystemClock::new().now());
    let checks = verifier.check(&captured(&request), now);
    let verdict = Verdict::of(&checks);
    if args.json {
        print(&format!("{}\n", json!({"verdict": verdict, "checks": checks, "notes": notes})))?;
    } else {
        notes.iter().try_for_each(|text| note(text))?;
        print(&checks_text(&checks, Colours::of_stdout()))?;
    }
    judge(&checks)
}

/// A received request as it is verified.
pub(super) fn captured(request: &WireRequest) -> Captured<'_> {
    Captured { method: &request.method, headers: &request.headers, body: &request.body }
}

fn judge(checks: &[Check]) -> Result<()> {
    let of = |verdict| checks.iter().filter(|check| check.outcome == verdict).count() as u64;
    let (wrong, unchecked) = (of(Verdict::Wrong), of(Verdict::Unchecked));
    ensure!(wrong == 0, "the request does not match: {} wrong", count(wrong, "part is", "parts are"));
    let parts = count(unchecked, "part", "parts");
    ensure!(unchecked == 0, "nothing wrong was found, but {parts} could not be checked");
    Ok(())
}

fn time(text: &str) -> Result<Timestamp, String> {
    let seconds = text.parse().map(Timestamp::from_seconds);
    seconds.or_else(|_| Timestamp::parse(text)).map_err(|why| format!("{why}, or seconds since 1970"))
}
