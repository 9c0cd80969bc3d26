//! `fanfare send`: posts one message to a running server.

use std::{io::Read as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use fanfare_core::{limits::MESSAGE_BODY_BYTES, secret::Secret};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use url::Url;

use super::{call::Call, terminal::print};

/// Options of `fanfare send`.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// Base URL of the server
    #[arg(
        long,
        visible_alias = "server",
        value_name = "URL",
        env = "FANFARE_URL",
        default_value = "http://127.0.0.1:8071",
        hide_env_values = true
    )]
    url: Url,
    /// API key that may post messages
    #[arg(long, value_name = "KEY", env = "FANFARE_KEY", hide_env_values = true, value_parser = |text: &str| Ok::<_, String>(Secret::new(text)))]
    key: Secret,
    /// Application, by its id or uid
    #[arg(long, value_name = "APP")]
    app: String,
    /// What happened, such as invoice.paid
    #[arg(long, value_name = "TYPE")]
    event_type: String,
    /// File with the payload, a JSON object; `-` reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    payload: PathBuf,
    #[command(flatten)]
    more: More,
    /// Posting again with the same key does nothing more
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Certificates, in PEM, that are trusted beside the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print the server's answer instead of the message's id alone
    #[arg(long)]
    json: bool,
}

/// What a message can say beside its type and payload.
#[derive(Debug, clap::Args, Serialize)]
#[serde(rename_all = "camelCase")]
struct More {
    /// Your own id of the event; posting it twice is an error
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Label that endpoints can filter by; repeatable
    #[arg(long = "channel", value_name = "CHANNEL")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<String>,
    /// Label for finding it again; repeatable
    #[arg(long = "tag", value_name = "TAG")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Seconds to wait before it is delivered
    #[arg(long, value_name = "SECONDS", conflicts_with = "deliver_at")]
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<u32>,
    /// When it is to be delivered, as RFC 3339
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<String>,
    /// When it is no longer worth delivering, as RFC 3339
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// What it is ordered by at ordered endpoints
    #[arg(long, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ordering_key: Option<String>,
    /// Takes the place of an undelivered message with the same key
    #[arg(long, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_key: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    event_type: &'a str,
    payload: &'a RawValue,
    #[serde(flatten)]
    more: &'a More,
}

/// Posts the message and prints its id.
pub(super) async fn run(args: SendArgs) -> Result<()> {
    let payload = args.payload()?;
    let message = Message { event_type: &args.event_type, payload: &payload, more: &args.more };
    let timeout = Duration::from_secs(args.timeout);
    let call = Call::new(&args.url, &args.key, args.ca_file.as_deref(), timeout)?;
    let call = call.once(args.idempotency_key.as_deref());
    let path = ["api", "v1", "app", &args.app, "msg"];
    let answer = call.post(&path, &[("with_content", "false")], &message).await?;
    if args.json {
        return print(&format!("{answer}\n"));
    }
    match answer.get("id").and_then(Value::as_str) {
        Some(id) => print(&format!("{id}\n")),
        // A test key sends nothing: the answer is what would be sent.
        None => print(&format!("{answer:#}\n")),
    }
}

impl SendArgs {
    /// The payload, byte by byte.
    fn payload(&self) -> Result<Box<RawValue>> {
        let most = MESSAGE_BODY_BYTES as u64;
        let (named, text) = if self.payload.as_os_str() == "-" {
            ("standard input".to_owned(), read(std::io::stdin().lock(), most))
        } else {
            let file = std::fs::File::open(&self.payload);
            (self.payload.display().to_string(), file.and_then(|file| read(file, most)))
        };
        let text = text.with_context(|| format!("cannot read the payload from {named}"))?;
        ensure!(text.len() as u64 <= most, "{named}: a payload has at most {most} bytes");
        let payload: Box<RawValue> =
            serde_json::from_str(&text).map_err(|why| anyhow!("{named} is not JSON: {why}"))?;
        ensure!(payload.get().starts_with('{'), "{named}: a payload is a JSON object, {{…}}");
        Ok(payload)
    }
}

/// At most one byte more than allowed, which tells that it is too much.
fn read(from: impl std::io::Read, most: u64) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(most + 1).read_to_string(&mut text)?;
    Ok(text)
}
