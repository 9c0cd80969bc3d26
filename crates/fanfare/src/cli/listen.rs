//! `fanfare listen`: a receiver that shows every request as it came, verifies it, and answers as scripted.

mod arrivals;
mod indent;
mod mask;
mod text;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use fanfare_core::{
    limits::{RECEIVED_BODY_BYTES, RECEIVED_HEAD_BYTES},
    ports::Clock as _,
    verify::{Verdict, Verifier},
};
use serde_json::json;

pub(super) use self::{
    arrivals::{Arrival, Arrivals, What},
    mask::Mask,
    text::{checks_text, reply_text, request_text},
};

use super::{
    terminal::{Colours, Style, count, note, print},
    verify::{ExpectationFlags, captured},
};
use crate::{
    bench::Interrupts,
    clock::SystemClock,
    config::CommonFlags,
    receiver::{Answers, Bounds, Reply, WireReceiver, WireRequest, within},
};

/// What is read of a request.
pub(super) const BOUNDS: Bounds = Bounds { head: RECEIVED_HEAD_BYTES, body: RECEIVED_BODY_BYTES };

/// Options of `fanfare listen`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Requests are verified where a profile, a secret or an authentication is given.")]
pub(crate) struct ListenArgs {
    /// Address to listen on; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8072")]
    listen: SocketAddr,
    /// Port to listen on, of 127.0.0.1
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,
    #[command(flatten)]
    expectations: ExpectationFlags,
    /// Answers in turn, the last one for all further requests: STATUS[xTIMES][:WAIT][+NAME=VALUE], `hang` or
    /// `close`, such as `500x3,429+Retry-After=5,200:2s`
    #[arg(long, value_name = "SCRIPT", default_value = "200")]
    answer: Answers,
    /// End after so many requests
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after so many seconds; an error if fewer than --count requests have come by then
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    timeout: Option<u64>,
    /// Write each request, byte by byte, to a file of its own in this directory; secrets are not masked there
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Show credentials instead of `[redacted]`
    #[arg(long)]
    show_secrets: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,
}

/// Receives until the count is reached, the time has passed, or Ctrl-C. An error if a request was not as
/// expected.
pub(super) async fn run(common: &CommonFlags, args: ListenArgs) -> Result<()> {
    let config = super::begin(common, &args.expectations.settings())?;
    let profile = args.expectations.profile(&config.profiles)?;
    let verifier = args.expectations.verifier(&profile)?;
    let verifier = args.expectations.are_given().then_some(verifier);
    let interrupts = Interrupts::listen()?;
    let (inbox, arrivals) = Arrivals::open(args.answer.clone());
    let address = args.port.map_or(args.listen, |port| SocketAddr::from(([127, 0, 0, 1], port)));
    let receiver = WireReceiver::start(address, BOUNDS, inbox).await;
    let receiver = receiver.with_context(|| format!("cannot listen on {address}"))?;
    let secrets = args.expectations.secrets()?;
    let mask = if args.show_secrets { Mask::nothing() } else { Mask::of(secrets) };
    let mut listening = Listening::new(&args, verifier, mask);
    listening.opening(&receiver)?;
    let limit = args.timeout.map_or(Duration::MAX, Duration::from_secs);
    tokio::select! {
        biased;
        () = interrupts.stop().cancelled() => {}
        ended = within(limit, listening.receive(arrivals)) => {
            ended.unwrap_or(Ok(()))?;
            tokio::select! {
                biased;
                () = interrupts.stop().cancelled() => {}
                () = receiver.answered() => {}
            }
        }
    }
    drop(receiver);
    listening.judge()
}

/// What has come so far, and how it is shown.
struct Listening<'a> {
    args: &'a ListenArgs,
    verifier: Option<Verifier<'a>>,
    mask: Mask,
    colours: Colours,
    clock: SystemClock,
    received: u64,
    wrong: u64,
}

impl<'a> Listening<'a> {
    fn new(args: &'a ListenArgs, verifier: Option<Verifier<'a>>, mask: Mask) -> Self {
        let (colours, clock) = (Colours::of_stdout(), SystemClock::new());
        Self { args, verifier, mask, colours, clock, received: 0, wrong: 0 }
    }

    fn opening(&self, receiver: &WireReceiver) -> Result<()> {
        let url = receiver.url("/");
        match self.args.json {
            true => print(&format!("{}\n", json!({"what": "listening", "url": url}))),
            false => note(&format!("Listening on {url}; Ctrl-C ends it.")),
        }
    }

    async fn receive(&mut self, mut arrivals: Arrivals) -> Result<()> {
        while self.args.count.is_none_or(|count| self.received < count) {
            match arrivals.next().await {
                Arrival { from, what: What::Request(request, reply) } => {
                    self.request(from, &request, &reply)?;
                }
                Arrival { from, what: What::Fault(why) } => note(&format!("{from}: {why}"))?,
            }
        }
        Ok(())
    }

    fn request(&mut self, from: SocketAddr, request: &WireRequest, reply: &Reply) -> Result<()> {
        self.received += 1;
        self.save(request)?;
        let now = self.clock.now();
        let checks = self.verifier.as_ref().map(|verifier| verifier.check(&captured(request), now));
        let verdict = checks.as_deref().map(Verdict::of);
        self.wrong += u64::from(verdict == Some(Verdict::Wrong));
        let shown = self.mask.shown(request);
        if self.args.json {
            let mut line = shown.to_json();
            line["what"] = "request".into();
            line["number"] = self.received.into();
            line["at"] = now.to_string().into();
            line["from"] = from.to_string().into();
            line["answer"] = reply_text(reply).into();
            if let Some(checks) = checks {
                line["checks"] = serde_json::to_value(checks)?;
                line["verdict"] = serde_json::to_value(verdict)?;
            }
            return print(&format!("{line}\n"));
        }
        let head = format!("#{} {now} from {from}", self.received);
        let head = self.colours.paint(Style::Quiet, head);
        let request = request_text(&shown, true, self.colours);
        let checks = checks.map(|checks| checks_text(&checks, self.colours)).unwrap_or_default();
        print(&format!("{head}\n{request}\n{checks}  answered {}\n\n", reply_text(reply)))
    }

    fn save(&self, request: &WireRequest) -> Result<()> {
        let Some(directory) = &self.args.save else { return Ok(()) };
        let path = directory.join(format!("{:04}.http", self.received));
        let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, &request.raw));
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    fn judge(&self) -> Result<()> {
        let (received, wrong) = (count(self.received, "request", "requests"), self.wrong);
        if let Some(expected) = self.args.count {
            ensure!(self.received >= expected, "received {received} where {expected} were expected");
        }
        ensure!(wrong == 0, "{wrong} of {received} did not match");
        Ok(())
    }
}
