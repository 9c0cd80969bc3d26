//! `fanfare demo --profile NAME`: one system, request by request, exactly as it goes over the wire.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use fanfare_core::{ports::Clock as _, profile::built_in};
use serde_json::{Value, json};

use super::{
    super::{
        listen::{Arrival, Mask, What, reply_text, request_text},
        terminal::{Colours, Style, aside, count, note, print},
    },
    program::{Action, PROGRAMS, Program, Step},
    stage::Stage,
};
use crate::{
    bench::Interrupts,
    clock::SystemClock,
    receiver::{Reply, WireRequest, within},
};

/// Plays a system's program to its end. An error if a customer did not recognise a request.
pub(super) async fn run(named: &str, limit: Duration, json: bool) -> Result<()> {
    let program = PROGRAMS.iter().find(|program| program.profile == named);
    let Some(program) = program else {
        let known: Vec<_> = PROGRAMS.iter().map(|program| program.profile).collect();
        bail!("there is no demo of `{named}`; there are {}", known.join(", "))
    };
    let mut play = Play { json, colours: Colours::of_stdout(), requests: 0, unrecognised: 0 };
    let interrupts = Interrupts::listen()?;
    let played = within(limit, play.run(program));
    tokio::select! {
        biased;
        () = interrupts.stop().cancelled() => Ok(()),
        played = played => played.with_context(|| format!("not over after {} s", limit.as_secs()))?,
    }
}

struct Play {
    json: bool,
    colours: Colours,
    requests: u64,
    unrecognised: u64,
}

impl Play {
    async fn run(&mut self, program: &Program) -> Result<()> {
        let profile = built_in().into_iter().find(|profile| profile.name.as_str() == program.profile);
        let profile = profile.context("this profile is not built in")?;
        if !self.json {
            note("Starting a server with data of its own; Ctrl-C ends the demo.")?;
        }
        self.opening(&profile.description)?;
        let mut stage = Stage::prepare(program, profile).await?;
        for step in program.steps {
            self.step(step, &mut stage).await?;
        }
        let deliveries = stage.deliveries().await?;
        ensure!(!stage.is_left(), "a customer was sent a request that nobody expected");
        let doctor = stage.close().await?;
        self.summary(&deliveries, &doctor)
    }

    async fn step(&mut self, step: &Step, stage: &mut Stage) -> Result<()> {
        let (customer, requests) = step.requests;
        match step.action {
            Action::Join => {
                let settings = stage.join(customer).await?;
                self.says(step.says, &format!("POST /api/v1/app/acme/endpoint {settings}"))?;
            }
            Action::Post(event_type, payload) => {
                let payload = payload.replace("NOW", &SystemClock::new().now().to_string());
                self.says(step.says, &format!("POST /api/v1/app/acme/msg {event_type} {payload}"))?;
                stage.post(event_type, &payload).await?;
            }
            Action::Resend => {
                self.says(step.says, "POST /api/v1/app/acme/msg/…/resend")?;
                stage.resend(customer).await?;
            }
        }
        let customer = stage.customer(customer);
        for _ in 0..requests {
            match customer.next().await {
                Arrival { what: What::Request(request, reply), .. } => {
                    let checked = customer.recognises()?.check(&request);
                    self.request(&customer.mask(), &request, &reply, checked)?;
                }
                Arrival { what: What::Fault(why), .. } => bail!("a receiver could not read a request: {why}"),
            }
        }
        Ok(())
    }

    fn opening(&self, description: &str) -> Result<()> {
        match self.json {
            true => line(&json!({"what": "started", "profile": description})),
            false => print(&format!("\n{description}\n")),
        }
    }

    fn says(&self, says: &str, call: &str) -> Result<()> {
        if self.json {
            return line(&json!({"what": "step", "says": says, "call": call}));
        }
        let says = self.colours.paint(Style::Strong, says);
        print(&format!("\n{says}\n{}\n", self.colours.paint(Style::Quiet, call)))
    }

    fn request(
        &mut self,
        mask: &Mask,
        request: &WireRequest,
        reply: &Reply,
        checked: Result<&'static str, String>,
    ) -> Result<()> {
        self.requests += 1;
        self.unrecognised += u64::from(checked.is_err());
        let shown = mask.shown(request);
        let recognised = checked.is_ok();
        let said = checked.map_or_else(|why| why, str::to_owned);
        if self.json {
            let mut about = shown.to_json();
            about["what"] = "request".into();
            about["recognised"] = recognised.into();
            about["check"] = said.into();
            about["answer"] = reply_text(reply).into();
            return line(&about);
        }
        let text = request_text(&shown, false, self.colours);
        let indented: String =
            text.lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect();
        let (style, word) =
            if recognised { (Style::Good, "recognised") } else { (Style::Bad, "NOT RECOGNISED") };
        let word = self.colours.paint(style, word);
        print(&format!("\n{indented}\n  {word}: {said}\n  answered {}\n", reply_text(reply)))
    }

    fn summary(&self, deliveries: &BTreeMap<String, usize>, doctor: &str) -> Result<()> {
        if self.json {
            line(&json!({"what": "summary", "requests": self.requests, "unrecognised": self.unrecognised,
                "deliveries": deliveries, "doctor": doctor}))?;
        } else {
            let states: Vec<_> =
                deliveries.iter().map(|(state, number)| format!("{number} {state}")).collect();
            let requests = count(self.requests, "request", "requests");
            print(&format!("\n{requests}; deliveries: {}\ndoctor: {doctor}\n", states.join(", ")))?;
            aside("\nTo start a server of your own: fanfare")?;
        }
        ensure!(
            self.unrecognised == 0,
            "{} of {} requests were not recognised",
            self.unrecognised,
            self.requests
        );
        Ok(())
    }
}

fn line(about: &Value) -> Result<()> {
    print(&format!("{about}\n"))
}
