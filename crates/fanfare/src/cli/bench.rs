//! `fanfare bench`: measures a server as its users see it, through the public API and real webhooks.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, bail};

use crate::bench::{self, Interrupts, Plan, Subject};

/// Options of `fanfare bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Base URL of a running server; without it one of our own is started on a temporary directory
    #[arg(long, value_name = "URL", requires = "key")]
    url: Option<String>,
    /// An admin key of that server
    #[arg(long, value_name = "KEY", env = "FANFARE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Where a server of our own keeps its temporary data (its disk decides the figures)
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    data_in: Option<PathBuf>,
    /// PostgreSQL database that a server of our own keeps everything in instead; it must be empty, and what the run
    /// leaves in it is of no use to anybody
    #[arg(long, value_name = "URL", conflicts_with_all = ["url", "data_in"])]
    database_url: Option<String>,
    /// Address where the webhooks are received; the server must be able to reach it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    receive_on: SocketAddr,
    /// Messages to post in a measured phase
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = count::<1, 10_000_000>)]
    messages: usize,
    /// Messages beforehand that do not count [default: a tenth of the messages, at most 5000]
    #[arg(long, value_name = "COUNT", value_parser = count::<1, 1_000_000>)]
    warm_up: Option<usize>,
    /// Connections that post
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = count::<1, 4_096>)]
    clients: usize,
    /// Applications with one endpoint each that share the messages
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = count::<1, 10_000>)]
    endpoints: usize,
    /// Endpoints of one application that each get every message
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = count::<1, 10_000>)]
    fan_out: usize,
    /// Size of a payload in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 600, value_parser = count::<1, 1_000_000>)]
    payload_bytes: usize,
    /// Posts per second [default: as fast as possible]
    #[arg(long, value_name = "PER_SECOND", value_parser = rate)]
    rate: Option<f64>,
    /// Put an `idempotency-key: auto_…` on each post, as the official SDKs do
    #[arg(long)]
    idempotency_keys: bool,
    /// Endpoints that accept connections and never answer; adds a second phase beside them
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = count::<0, 1_000>)]
    hanging: usize,
    /// Messages posted to the hanging endpoints before that phase
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = count::<1, 1_000_000>)]
    hanging_messages: usize,
    /// Adds a second phase with endpoints of this profile (they verify nothing), and compares
    #[arg(long, value_name = "NAME", conflicts_with = "hanging")]
    profile: Option<String>,
    /// Milliseconds that the receiver takes to answer
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    receiver_delay_ms: u64,
    /// Seconds that one phase may post
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    duration: u64,
    /// Seconds without any arrival after which what is outstanding counts as missing
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    grace: u64,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the benchmark and prints its report. An error if a message was lost, came twice or was altered.
pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<()> {
    let json = args.json;
    let interrupts = Interrupts::listen()?;
    let report = bench::run(args.plan(), interrupts.stop()).await?;
    let text = if json { serde_json::to_string(&report)? + "\n" } else { report.to_string() };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the report")?;
    match report.failure() {
        Some(failure) => bail!("{failure}"),
        None => Ok(()),
    }
}

impl BenchArgs {
    fn plan(self) -> Plan {
        let data_in = self.data_in.unwrap_or_else(std::env::temp_dir);
        let own = || Subject::Own { data_in, database_url: self.database_url };
        let subject = match (self.url, self.key) {
            (Some(url), Some(key)) => Subject::Running { url, key },
            _ => own(),
        };
        Plan {
            subject,
            receive_on: self.receive_on,
            messages: self.messages,
            warm_up: self.warm_up.unwrap_or((self.messages / 10).clamp(1, 5_000)),
            clients: self.clients,
            endpoints: self.endpoints,
            fan_out: self.fan_out,
            payload_bytes: self.payload_bytes,
            rate: self.rate,
            idempotency_keys: self.idempotency_keys,
            hanging: self.hanging,
            hanging_messages: self.hanging_messages,
            profile: self.profile,
            receiver_delay_ms: self.receiver_delay_ms,
            duration_seconds: self.duration,
            grace_seconds: self.grace,
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("must be a number above 0".to_owned()),
    }
}

/// A number between two bounds; says them when it is not.
fn count<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {LEAST} to {MOST}")),
    }
}
