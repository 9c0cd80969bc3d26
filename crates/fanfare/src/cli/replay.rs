//! `fanfare replay`: sends deliveries again through a running server, and shows how that goes.

mod progress;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use fanfare_core::{ports::Clock as _, secret::Secret};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use self::progress::{Progress, summary};
use super::{
    call::Call,
    terminal::{self, print},
};
use crate::clock::SystemClock;

/// How often the progress is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Replays that a list shows.
const LISTED: &str = "10";

/// The commands below `fanfare replay`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReplayCommand {
    /// Count deliveries, then send them again, and wait until that is done
    Start(Box<StartArgs>),
    /// List the newest replays and recoveries of an application
    List(ServerArgs),
    /// Show one, or watch it until it ends
    Show(ShowArgs),
    /// Call one off; what it has queued already is sent all the same
    Cancel(OneArgs),
}

/// Which server and application.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Base URL of the server
    #[arg(
        long,
        value_name = "URL",
        env = "FANFARE_URL",
        default_value = "http://127.0.0.1:8071",
        hide_env_values = true
    )]
    url: Url,
    /// Admin key, or portal token of the application
    #[arg(long, value_name = "KEY", env = "FANFARE_KEY", hide_env_values = true, value_parser = |text: &str| Ok::<_, String>(Secret::new(text)))]
    key: Secret,
    /// Application, by its id or uid
    #[arg(long, value_name = "APP")]
    app: String,
    /// Certificates, in PEM, that are trusted beside the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Seconds to wait for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print the server's answers, a line each, instead of words
    #[arg(long)]
    json: bool,
}

/// Options of `fanfare replay start`.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Only count; nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// Do not wait until it is done
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
}

/// What is sent again.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct SelectionArgs {
    /// Messages accepted from this time on, as RFC 3339
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Messages accepted before this time [default: now]
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Only to this endpoint, by its id or uid; repeatable
    #[arg(long = "endpoint", value_name = "ENDPOINT")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endpoint_ids: Vec<String>,
    /// Only messages of this type; repeatable
    #[arg(long = "event-type", value_name = "TYPE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    event_types: Vec<String>,
    /// Only deliveries in this state; repeatable [default: failed and blocked]
    #[arg(long = "state", value_name = "STATE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<String>,
    /// Deliveries a second, 1 to 10000 [default: 100]
    #[arg(long, value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    /// Send what would be skipped: superseded or expired; repeatable
    #[arg(long, value_name = "WHAT")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<String>,
}

/// One replay.
#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// The replay's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: ServerArgs,
}

/// Options of `fanfare replay show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Watch it until it ends
    #[arg(long)]
    watch: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(flatten)]
    selection: &'a SelectionArgs,
    dry_run: bool,
}

/// Does what was asked.
pub(super) async fn run(command: ReplayCommand) -> Result<()> {
    match command {
        ReplayCommand::Start(args) => start(*args).await,
        ReplayCommand::List(args) => list(&args).await,
        ReplayCommand::Show(ShowArgs { one, watch: true }) => watch(&one.server, &one.id).await,
        ReplayCommand::Show(ShowArgs { one, watch: false }) => {
            say(&one.server, &one.server.call()?.get(&one.server.path(&[&one.id]), &[]).await?)
        }
        ReplayCommand::Cancel(one) => {
            let path = one.server.path(&[&one.id, "cancel"]);
            say(&one.server, &one.server.call()?.post(&path, &[], &serde_json::json!({})).await?)
        }
    }
}

async fn start(args: StartArgs) -> Result<()> {
    let server = &args.server;
    let asked = Asked { selection: &args.selection, dry_run: args.dry_run };
    let answer = server.call()?.post(&server.path(&[]), &[], &asked).await?;
    if args.dry_run {
        let (count, skipped) = (&answer["count"], &answer["skipped"]);
        let words = format!("{count} deliveries would be looked at, {skipped} of them skipped\n");
        return if server.json { print(&format!("{answer}\n")) } else { print(&words) };
    }
    let id = answer["id"].as_str().context("the server's answer names no replay")?;
    if args.no_wait {
        return if server.json { print(&format!("{answer}\n")) } else { print(&format!("{id}\n")) };
    }
    terminal::aside(&format!(
        "{id} goes on if this command is ended; `fanfare replay cancel {id}` calls it off"
    ))?;
    watch(server, id).await
}

async fn list(server: &ServerArgs) -> Result<()> {
    let answer = server.call()?.get(&server.path(&[]), &[("limit", LISTED)]).await?;
    if server.json {
        return print(&format!("{answer}\n"));
    }
    let heads =
        ["ID", "TASK", "STATUS", "COUNTED", "SENT", "SKIPPED", "FAILED", "CREATED"].map(str::to_owned);
    let text = |job: &Value, field: &str| match &job[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |job: &Value| {
        ["id", "task", "status", "counted", "sent", "skipped", "failed", "createdAt"]
            .map(|field| text(job, field))
    };
    let jobs = answer["data"].as_array().into_iter().flatten().map(row);
    print(&terminal::table(&std::iter::once(heads).chain(jobs).collect::<Vec<_>>()))
}

/// Shows a replay's progress until it has ended; one that has failed or was cancelled is an error.
async fn watch(server: &ServerArgs, id: &str) -> Result<()> {
    let (call, path, clock) = (server.call()?, server.path(&[id]), SystemClock::new());
    let mut progress = Progress::new(server.json);
    loop {
        let job = call.get(&path, &[]).await?;
        progress.show(&job)?;
        match job["status"].as_str() {
            Some("counting" | "running") => clock.sleep(LOOK_EVERY).await,
            Some("done") => return if server.json { Ok(()) } else { say(server, &job) },
            Some("cancelled") => bail!("{}", summary(&job)),
            _ => bail!("{}: {}", summary(&job), job["error"].as_str().unwrap_or("its server says no more")),
        }
    }
}

fn say(server: &ServerArgs, job: &Value) -> Result<()> {
    print(&if server.json { format!("{job}\n") } else { format!("{}\n", summary(job)) })
}

impl ServerArgs {
    fn call(&self) -> Result<Call<'_>> {
        Call::new(&self.url, &self.key, self.ca_file.as_deref(), Duration::from_secs(self.timeout))
    }

    fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["api", "v1", "app", self.app.as_str(), "replay"], rest].concat()
    }
}
