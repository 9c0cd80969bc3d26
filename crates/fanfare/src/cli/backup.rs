//! `fanfare backup`: copies the store to a file, while the server runs or not.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::terminal;
use crate::{
    clock::SystemClock,
    config::{CommonFlags, StoreFlags},
    data_dir::DataDir,
};

/// Options of `fanfare backup`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct BackupArgs {
    /// File that the copy is written to; it must not be there yet
    #[arg(value_name = "FILE")]
    #[serde(skip)]
    destination: PathBuf,
    #[command(flatten)]
    store: StoreFlags,
}

/// Copies the store. The copy gets its name when it is complete.
pub(super) async fn run(common: &CommonFlags, args: &BackupArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let to = &args.destination;
    refuse_to_overwrite(to)?;
    if let Some(url) = &config.store.database_url {
        bail!(
            "the store is in {url}: back it up with PostgreSQL's own tools (pg_dump, or base backups and its log), and keep \
             the master key apart"
        );
    }
    let dir = DataDir::existing(config.store.directory())?;
    let store = dir.open(1, Arc::new(SystemClock::new()))?;
    let partial = partial(to);
    let bar = bar();
    tokio::task::block_in_place(|| {
        store.backup(&partial, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })
    })?;
    bar.finish_and_clear();
    refuse_to_overwrite(to)?;
    fs::rename(&partial, to).with_context(|| format!("cannot give the copy its name {}", to.display()))?;
    let bytes = fs::metadata(to).with_context(|| format!("cannot read {}", to.display()))?.len();
    let key = dir.master_key_file();
    terminal::note(&format!(
        "Copied {} to {}.\nThe master key is not in it: without {} (or where else you keep it) the copy's secrets \
         cannot be opened.",
        terminal::bytes(bytes),
        to.display(),
        key.display()
    ))
}

fn refuse_to_overwrite(to: &Path) -> Result<()> {
    if to.exists() {
        bail!("{} exists already: give another name, or remove it", to.display());
    }
    Ok(())
}

/// What the copy is called until it is complete.
fn partial(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(".partial");
    name.into()
}

/// Drawn on standard error where that is a terminal.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent}% of {len} pages, {eta} left");
    ProgressBar::no_length().with_style(style.expect("a valid template"))
}
