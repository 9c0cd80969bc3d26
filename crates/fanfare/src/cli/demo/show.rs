//! How the demo looks: a line per thing that happens, in colour on a terminal, as JSON for machines.

use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::terminal::{Colours, Style, note, print},
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
        if self.json { Ok(()) } else { note("Starting a server with data of its own ...") }
    }

    /// Who is on stage.
    pub(super) fn opening(&self, scene: &Scene) -> Result<()> {
        let [server, steady, flaky] = scene.urls();
        if self.json {
            return self.line("started", &json!({"server": server, "billing": steady, "crm": flaky}));
        }
        print(&format!(
            "server   {server}\nbilling  {steady}  takes everything\ncrm      {flaky}  fails at first\n\n"
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

    /// A webhook came to a receiver.
    pub(super) fn arrived(&self, arrival: &Arrival) -> Result<()> {
        if self.json {
            return self.line("received", arrival);
        }
        let Arrival { at_ms, receiver, event_type, id, attempt, signature, answered } = arrival;
        let valid = signature == "valid";
        let signed = self.colours.paint(judged(valid), format!("signature {signature}"));
        let taken = (200..300).contains(answered);
        let answer = match (taken, attempt) {
            (true, 1) => "taken".to_owned(),
            (true, _) => format!("taken at attempt {attempt}"),
            (false, _) => format!("attempt {attempt} failed, will be retried"),
        };
        let answer = self.colours.paint(judged(taken), format!("{answered} {answer}"));
        print(&format!("{} {receiver:<9}{event_type:<14} {}  {signed}  {answer}\n", time(*at_ms), short(id)))
    }

    /// The end. An error if it was complete and still not as it should be.
    pub(super) fn summary(&self, totals: &Totals, complete: bool, doctor: &str) -> Result<()> {
        if self.json {
            let mut all = serde_json::to_value(totals)?;
            all["complete"] = complete.into();
            all["doctor"] = doctor.into();
            self.line("summary", &all)?;
        } else {
            print(&self.summary_text(totals, complete, doctor))?;
        }
        ensure!(totals.invalid_signatures == 0, "{} signatures were not valid", totals.invalid_signatures);
        Ok(())
    }

    fn summary_text(&self, totals: &Totals, complete: bool, doctor: &str) -> String {
        let Totals { posted, delivered, attempts, failed_attempts, invalid_signatures, seconds } = totals;
        let verdict = if complete { "all delivered" } else { "ended before all was delivered" };
        let verdict = self.colours.paint(judged(complete), verdict);
        format!(
            "\n{posted} events, {delivered} deliveries in {seconds:.1} s: {verdict}\n\
             {attempts} attempts, {failed_attempts} of them failed and were retried; \
             {invalid_signatures} invalid signatures\ndoctor: {doctor}\n"
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
    format!("{:>7.3} s ", at_ms as f64 / 1e3)
}

/// The end of an id: what tells one from the next.
fn short(id: &str) -> &str {
    &id[id.len().saturating_sub(8)..]
}
