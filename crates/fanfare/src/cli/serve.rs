//! `fanfare serve`: runs the server until it is told to stop.

mod banner;
mod signals;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use self::{banner::Banner, signals::Signals};
use super::terminal::{self, Colours};
use crate::{
    config::{
        CommonFlags, DeliveryFlags, MasterKeyFlags, NodeFlags, ProfileFlags, RetentionFlags, ServerFlags,
        StoreFlags,
    },
    server::Server,
};

/// Options of `fanfare serve`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    node: NodeFlags,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    delivery: DeliveryFlags,
    #[command(flatten)]
    retention: RetentionFlags,
    #[command(flatten)]
    profiles: ProfileFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// Runs a server. The first signal ends it in order, the second at once.
pub(super) async fn run(common: &CommonFlags, args: &ServeArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let mut signals = Signals::listen()?;
    let mut server = Server::start(&config).await?;
    let banner = Banner { address: server.address(), store: &config.store, welcome: server.welcome() };
    terminal::print(&banner.render(Colours::of_stdout()))?;
    tracing::info!(address = %server.address(), "serving");
    tokio::select! {
        biased;
        failure = server.failed() => return Err(failure),
        signal = signals.next() => tracing::info!(signal = signal.name(), "stopping: finishing what is in flight"),
    }
    tokio::select! {
        biased;
        () = server.stop() => tracing::info!("stopped"),
        signal = signals.next() => {
            tracing::warn!(signal = signal.name(), "ending at once: what is in flight is sent again at the next start");
            std::process::exit(signal.exit_code());
        }
    }
    Ok(())
}
