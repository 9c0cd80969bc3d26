//! Logs: structured events on standard error, as text or as JSON.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result, anyhow};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the whole process.
pub(crate) fn start(config: &LogConfig) -> Result<()> {
    let filter = filter(&config.level)?;
    let lines = fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(says_no_secrets));
    match config.format {
        LogFormat::Text => registry.with(lines.with_ansi(io::stderr().is_terminal())).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
    .context("cannot start logging")?;
    // A panic is a defect; it goes where all else goes, in the form that was asked for.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter> {
    let wrong = || {
        anyhow!(
            "`{level}` is no log level: expected error, warn, info, debug, trace or off, or one by part like \
             `info,fanfare_engine=debug`"
        )
    };
    // A misspelt level would be taken for the name of a part, and silence all others.
    let mut levels = level.split(',').filter(|directive| !directive.contains('='));
    if !levels.all(|level| level.parse::<LevelFilter>().is_ok()) {
        return Err(wrong());
    }
    EnvFilter::try_new(level).map_err(|_| wrong())
}

/// Below `info` tokio-postgres logs statements with their values: payloads, hashes, sealed secrets.
fn says_no_secrets(said: &Metadata<'_>) -> bool {
    *said.level() <= Level::INFO || !said.target().starts_with("tokio_postgres")
}

#[cfg(test)]
mod tests;
