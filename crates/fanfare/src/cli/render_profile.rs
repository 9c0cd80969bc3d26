//! `fanfare profile render`: the request that a sample message would make, as it would go over the wire.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use clap::Args;
use fanfare_core::{
    delivery::Method,
    endpoint::WebhookUrl,
    limits::MESSAGE_BODY_BYTES,
    name::EventTypeName,
    ports::Clock as _,
    render::Request,
    specimen::{Specimen, Wishes},
};
use serde::Serialize;
use serde_json::{json, value::RawValue};

use super::terminal;
use crate::{
    clock::SystemClock,
    config::{CommonFlags, ProfileFlags},
    profile_files,
};

/// Options of `fanfare profile render`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct RenderProfileArgs {
    /// Name of a profile, or the file of one (with a / or ending in .toml)
    #[arg(value_name = "NAME|FILE")]
    #[serde(skip)]
    profile: String,
    /// Type of the event [default: the first of the profile's catalogue]
    #[arg(long, value_name = "TYPE")]
    #[serde(skip)]
    event_type: Option<EventTypeName>,
    /// File with the payload, - for standard input [default: an example of the type]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    payload: Option<PathBuf>,
    /// Where it goes [default: a made-up address]
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    url: Option<WebhookUrl>,
    /// Method, of those that the profile allows [default: the profile's]
    #[arg(long, value_name = "METHOD")]
    #[serde(skip)]
    method: Option<Method>,
    /// Print JSON
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    profiles: ProfileFlags,
}

/// Prints the request; whose secret it is signed with goes to standard error.
pub(super) fn run(common: &CommonFlags, args: &RenderProfileArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let profile = profile_files::find(&args.profile, config.profiles.directory.as_deref())?;
    if let Some(method) = args.method.filter(|method| !profile.methods.contains(method)) {
        let allowed: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
        bail!("profile {} does not allow {}, only {}", profile.name, method.as_str(), allowed.join(", "));
    }
    let wishes = Wishes {
        event_type: args.event_type.clone(),
        payload: args.payload.as_deref().map(payload).transpose()?,
        url: args.url.clone(),
        method: args.method,
    };
    let now = SystemClock::new().now();
    let specimen = Specimen::of(&profile, wishes, now);
    let request =
        specimen.render(&profile, now).map_err(|error| anyhow!("nothing would be sent: {error}"))?;
    if args.json {
        return terminal::print(&format!("{:#}\n", as_json(&specimen, &request)));
    }
    terminal::print(&on_the_wire(&specimen, &request)?)?;
    match specimen.secret() {
        Some(secret) => terminal::note(&format!("The secret is a sample: {}", secret.reveal())),
        None => Ok(()),
    }
}

fn payload(file: &Path) -> Result<Bytes> {
    let unreadable = || format!("cannot read the payload {}", file.display());
    let mut bytes = Vec::new();
    let most = MESSAGE_BODY_BYTES as u64 + 1;
    if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).with_context(unreadable)?.take(most).read_to_end(&mut bytes)
    }
    .with_context(unreadable)?;
    if bytes.len() > MESSAGE_BODY_BYTES {
        bail!("the payload is larger than {MESSAGE_BODY_BYTES} bytes");
    }
    let object: &RawValue = serde_json::from_slice(&bytes).context("the payload is not JSON")?;
    if !object.get().starts_with('{') {
        bail!("the payload is not a JSON object");
    }
    Ok(Bytes::copy_from_slice(object.get().as_bytes()))
}

fn as_json(specimen: &Specimen, request: &Request) -> serde_json::Value {
    let headers = request.headers.iter();
    let headers: Vec<_> =
        headers.map(|header| json!({"name": header.name, "value": header.value.reveal()})).collect();
    json!({
        "method": request.method.as_str(),
        "url": specimen.endpoint.url.as_str(),
        "headers": headers,
        "body": String::from_utf8_lossy(&request.body),
        "sampleSecret": specimen.secret().map(|secret| secret.reveal()),
    })
}

/// HTTP/1.1 as it is sent, with plain line ends.
fn on_the_wire(specimen: &Specimen, request: &Request) -> Result<String> {
    let head = fanfare_outbound::head(request, specimen.endpoint.url.as_url());
    let head = head.map_err(|why| anyhow!("nothing would be sent: {why}"))?;
    let head = String::from_utf8_lossy(&head).replace("\r\n", "\n");
    Ok(format!("{head}{}\n", String::from_utf8_lossy(&request.body)))
}
