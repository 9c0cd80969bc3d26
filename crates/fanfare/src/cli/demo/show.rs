//! How the demo looks: a line per thing that happens, in colour on a terminal, as JSON for machines.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::terminal::{Colours, Style, aside, count, note, print},
    scene::{Arrival, Posted, Scene, Totals},
};

/// Where the demo shows itself.
pub(super) struct Show {
    json: bool,
    colours: Colours,
}

impl Show {
    /// On standard output, as text or as JSON lines.
    pub(super) fn new(json: bool) -> Self {
        Self { json, colours: Colours::of_stdout() }
    }

    /// Before there is anything to see.
    pub(super) fn starting(&self) -> Result<()> {
        if self.json { Ok(()) } else { note("Starting a server with data of its own; Ctrl-C ends the demo.") }
    }

    /// Who is on stage.
    pub(super) fn opening(&self, scene: &Scene, failures: u32, pages: &str) -> Result<()> {
        let [server, steady, flaky] = scene.urls();
        if self.json {
            return self.line(
                "started",
                &json!({"server": server, "pages": pages, "billing": steady, "crm": flaky}),
            );
        }
        let fails = match failures {
            0 => "takes everything".to_owned(),
            1 => "answers 500 to the first webhook".to_owned(),
            several => format!("answers 500 to the first {several} webhooks"),
        };
        print(&format!(
            "\npages    {pages}\nbilling  {steady}  takes everything\ncrm      {flaky}  {fails}\n\n"
        ))
    }

    /// An event was acknowledged.
    pub(super) fn posted(&self, posted: &Posted) -> Result<()> {
        if self.json {
            return self.line("posted", posted);
        }
        let Posted { at_ms, event_type, id, took_ms } = posted;
        let what = self.colours.paint(Style::Strong, format!("{:<9}", "posted"));
        let rest = self.colours.paint(Style::Quiet, format!("stored in {took_ms:.1} ms"));
        print(&format!("{} {what}{event_type:<14} {}  {rest}\n", time(*at_ms), short(id)))
    }

    /// Webhooks came to a receiver.
    pub(super) fn arrived(&self, arrivals: Vec<Arrival>) -> Result<()> {
        for arrival in arrivals {
            match self.json {
                true => self.line("received", &arrival)?,
                false => print(&self.arrival_text(&arrival))?,
            }
        }
        Ok(())
    }

    fn arrival_text(&self, arrival: &Arrival) -> String {
        let Arrival { at_ms, receiver, event_type, id, attempt, signature, answered, retried } = arrival;
        let valid = signature == "valid";
        let verified = if valid { "verified".to_owned() } else { format!("signature {signature}") };
        let verified = self.colours.paint(judged(valid), verified);
        let taken = (200..300).contains(answered);
        let answer = match (taken, attempt) {
            (true, 1) => "taken".to_owned(),
            (true, _) => format!("taken at attempt {attempt}"),
            (false, _) if *retried => format!("attempt {attempt}, will retry"),
            (false, _) => format!("attempt {attempt}, given up"),
        };
        let answer = self.colours.paint(judged(taken), format!("{answered} {answer}"));
        format!("{} {receiver:<9}{event_type:<14} {}  {verified}  {answer}\n", time(*at_ms), short(id))
    }

    /// What it has come to.
    pub(super) fn totals(&self, totals: &Totals) -> Result<()> {
        if self.json { Ok(()) } else { print(&self.totals_text(totals)) }
    }

    /// Whether somebody may still want to look at the pages; says how to end.
    pub(super) fn may_stay(&self) -> Result<bool> {
        let stays = !self.json && io::stdout().is_terminal();
        if stays {
            print("\nThe pages are there until Ctrl-C.\n")?;
        }
        Ok(stays)
    }

    /// The end. An error if a signature was not as it should be.
    pub(super) fn summary(&self, totals: &Totals, doctor: &str) -> Result<()> {
        if self.json {
            let mut all = serde_json::to_value(totals)?;
            all["doctor"] = doctor.into();
            self.line("summary", &all)?;
        } else {
            print(&format!("doctor: {doctor}\n"))?;
            aside("\nTo start a server of your own: fanfare")?;
        }
        ensure!(totals.invalid_signatures == 0, "{} signatures were not valid", totals.invalid_signatures);
        Ok(())
    }

    fn totals_text(&self, totals: &Totals) -> String {
        let Totals { deliveries, delivered, failed_attempts, invalid_signatures, seconds, .. } = totals;
        let verdict = if totals.complete { "all delivered" } else { "ended before all was delivered" };
        let verdict = self.colours.paint(judged(totals.complete), verdict);
        let posted = count(totals.posted as u64, "event", "events");
        let attempts = count(totals.attempts as u64, "attempt", "attempts");
        let invalid = count(*invalid_signatures as u64, "invalid signature", "invalid signatures");
        format!(
            "\n{posted}, {delivered} of {deliveries} deliveries in {seconds:.1} s: {verdict}\n\
             {attempts}, {failed_attempts} of them failed; {invalid}\n"
        )
    }

    fn line<T: Serialize>(&self, what: &str, about: &T) -> Result<()> {
        let mut line = json!({"what": what});
        if let (Value::Object(line), Value::Object(about)) = (&mut line, serde_json::to_value(about)?) {
            line.extend(about);
        }
        print(&format!("{line}\n"))
    }
}

fn judged(good: bool) -> Style {
    if good { Style::Good } else { Style::Bad }
}

fn time(at_ms: u64) -> String {
    format!("{:>6.3} s ", at_ms as f64 / 1e3)
}

/// The end of an id: what tells one from the next.
fn short(id: &str) -> &str {
    &id[id.len().saturating_sub(8)..]
}
