//! `fanfare outbox install`: the table, the function and the rights, in the platform's database.

use anyhow::Result;
use clap::Args;
use fanfare_sources::outbox::{Installed, Roles, install};

use super::PlatformFlags;
use crate::{cli::terminal, clock::SystemClock};

/// Options of `fanfare outbox install`.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    #[command(flatten)]
    platform: PlatformFlags,
    /// Role of the database that may publish; may be given several times
    #[arg(long, value_name = "ROLE")]
    publisher: Vec<String>,
    /// Role of the database that Fanfare reads with; may be given several times
    #[arg(long, value_name = "ROLE")]
    reader: Vec<String>,
}

/// Installs the outbox and says what was done.
pub(super) async fn run(args: &InstallArgs) -> Result<()> {
    let database = args.platform.database()?;
    let roles = Roles { publishers: args.publisher.clone(), readers: args.reader.clone() };
    let Installed { from, to } = install(&database, &SystemClock::new(), &roles).await?;
    let done = match from {
        None => {
            format!("The outbox is installed, version {to}: schema fanfare, table outbox, function publish.")
        }
        Some(from) if from == to => {
            format!("The outbox is there already, version {to}: nothing was changed.")
        }
        Some(from) => format!("The outbox was brought from version {from} to version {to}."),
    };
    let granted = |what: &str, roles: &[String]| match roles {
        [] => String::new(),
        roles => format!("\nMay {what}: {}.", roles.join(", ")),
    };
    terminal::print(&format!(
        "{done}{}{}\nTo publish: SELECT fanfare.publish('APPLICATION', 'EVENT.TYPE', '{{\"some\": \"payload\"}}');\n",
        granted("publish", &args.publisher),
        granted("read", &args.reader)
    ))
}
