//! `fanfare outbox retry`: dead letters put back, once what was wrong is right.

use anyhow::Result;
use clap::Args;
use fanfare_sources::outbox::retry;

use super::PlatformFlags;
use crate::{cli::terminal, clock::SystemClock};

/// Options of `fanfare outbox retry`.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    platform: PlatformFlags,
}

/// Puts all dead letters back and says how many.
pub(super) async fn run(args: &RetryArgs) -> Result<()> {
    let done = retry(&args.platform.database()?, &SystemClock::new()).await?;
    terminal::print(&match done {
        0 => "There are no dead letters.\n".to_owned(),
        done => {
            let dead = terminal::count(done.unsigned_abs(), "dead letter", "dead letters");
            format!("Put back: {dead}. What still cannot be accepted becomes one again.\n")
        }
    })
}
