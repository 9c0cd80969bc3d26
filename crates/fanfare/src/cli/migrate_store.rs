//! `fanfare migrate-store`: copies a stopped server's store to PostgreSQL, for as many nodes as wanted.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use fanfare_core::{ports::Clock, secret::Secret};
use fanfare_store::{
    copy::{self, Copied},
    postgres::{DatabaseUrl, PostgresStore},
    sqlite::{ServerLock, SqliteStore},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use super::terminal;
use crate::{
    clock::SystemClock,
    config::{self, CommonFlags, Config, MasterKeyFlags},
    data_dir::DataDir,
};

/// Options of `fanfare migrate-store`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct MigrateStoreArgs {
    /// Data directory to copy from; no server may be running on it
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    from: PathBuf,
    /// Database to copy to, empty or with what an interrupted copy left: postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "FANFARE_DATABASE_URL", hide_env_values = true, value_parser = |text: &str| Ok::<_, String>(Secret::new(text)))]
    #[serde(skip)]
    to: Secret,
    /// Print one JSON object at the end instead of text
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// Copies the store, or goes on where an interrupted copy stood.
pub(crate) async fn run(common: &CommonFlags, args: &MigrateStoreArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let url: DatabaseUrl = args.to.reveal().parse()?;
    let dir = DataDir::existing(&args.from)?;
    let _lock = ServerLock::acquire(dir.path())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    // Said before anything is changed: an older store is brought up to date by its own server.
    drop(dir.open_to_inspect(1, Arc::clone(&clock))?);
    let from = dir.open(1, Arc::clone(&clock))?;
    check_master_key(&config, &dir, &from).await?;
    let shown = url.to_string();
    let to = PostgresStore::open_to_copy_into(config.database.options(url, Arc::clone(&clock))).await?;
    let bar = bar();
    let told = copy::copy(&from, &to, clock.now(), |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.rows);
        bar.set_message(progress.table);
    });
    let copied = told.await.with_context(|| {
        bar.abandon();
        format!("{} was not copied to {shown}", dir.path().display())
    })?;
    bar.finish_and_clear();
    if args.json {
        return terminal::print(&(serde_json::to_string_pretty(&as_json(&copied))? + "\n"));
    }
    terminal::print(&text(&copied, &dir, &shown))
}

/// The nodes will need the key that the secrets are sealed with: better found missing now than then.
async fn check_master_key(config: &Config, dir: &DataDir, from: &SqliteStore) -> Result<()> {
    let file = dir.master_key_file();
    let key = match config.master_key.given()? {
        Some(key) => key,
        None => config::read_master_key(&file)?,
    };
    match from.compare_master_key(key.check_value()).await? {
        Some(false) => bail!(
            "the master key at hand is not the one that the store in {} was made with: put the right one in {}, or \
             give it with --master-key-file or FANFARE_MASTER_KEY",
            dir.path().display(),
            file.display()
        ),
        Some(true) | None => Ok(()),
    }
}

fn as_json(copied: &Copied) -> serde_json::Value {
    let tables: serde_json::Map<_, _> =
        copied.tables.iter().map(|(name, rows)| ((*name).to_owned(), json!(rows))).collect();
    json!({
        "copied": if copied.before { "before" } else { "now" },
        "rows": copied.tables.iter().map(|(_, rows)| rows).sum::<u64>(),
        "tables": tables,
        "deliveries": { "accepted": copied.books.accepted, "erased": copied.books.erased },
    })
}

fn text(copied: &Copied, dir: &DataDir, shown: &str) -> String {
    let rows = copied.tables.iter().map(|(_, rows)| rows).sum::<u64>();
    let of = |name: &str| copied.tables.iter().find(|(table, _)| *table == name).map_or(0, |(_, rows)| *rows);
    let done = if copied.before { "had been copied before" } else { "copied and counted on both sides" };
    format!(
        "{} {done}, among them {}, {} and {}.\nStart every node with --database-url {shown} and the master key \
         of {}; keep {} until you are content, and start no server on it any more.\n",
        terminal::count(rows, "row", "rows"),
        terminal::count(of("messages"), "message", "messages"),
        terminal::count(of("deliveries"), "delivery", "deliveries"),
        terminal::count(of("attempts"), "attempt", "attempts"),
        dir.master_key_file().display(),
        dir.path().display(),
    )
}

/// Drawn on standard error where that is a terminal.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent}% of {len} rows, {eta} left, {msg}");
    ProgressBar::no_length().with_style(style.expect("a valid template"))
}
