//! The demo's scene: a server of our own, an application, and two customers' receivers.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    bench::{Api, Call, Client, OwnServer},
    receiver::{Received, Receiver, Recorder, Script, monotonic_nanos},
};

const APPLICATION: &str = "demo-app";
/// Seconds between attempts: short, so that a retry is seen within the demo.
const RETRY_SCHEDULE: [u32; 4] = [1, 2, 4, 8];
/// Attempts of one delivery before it is given up.
const ATTEMPTS_MOST: u32 = RETRY_SCHEDULE.len() as u32 + 1;
/// What happens at the platform of the demo, in turn.
const EVENTS: [(&str, &str); 4] = [
    ("user.created", r#"{"user":"ada","plan":"team"}"#),
    ("invoice.paid", r#"{"invoice":"2026-0117","amount":4200,"currency":"EUR"}"#),
    ("order.shipped", r#"{"order":"A-77","carrier":"post"}"#),
    ("user.deleted", r#"{"user":"bob"}"#),
];

/// An event that was posted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posted {
    pub(super) at_ms: u64,
    pub(super) event_type: &'static str,
    pub(super) id: String,
    pub(super) took_ms: f64,
}

/// A webhook that arrived.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arrival {
    pub(super) at_ms: u64,
    pub(super) receiver: &'static str,
    pub(super) event_type: String,
    pub(super) id: String,
    pub(super) attempt: u32,
    /// `valid`, or why it is not.
    pub(super) signature: String,
    pub(super) answered: u16,
    /// Whether the server will try again.
    pub(super) retried: bool,
}

/// What the demo came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Totals {
    pub(super) posted: usize,
    /// Deliveries that there are to make: each event goes to both receivers.
    pub(super) deliveries: usize,
    pub(super) delivered: usize,
    pub(super) complete: bool,
    pub(super) attempts: usize,
    pub(super) failed_attempts: usize,
    pub(super) invalid_signatures: usize,
    pub(super) seconds: f64,
}

/// One customer.
struct Customer {
    name: &'static str,
    recorder: Arc<Recorder>,
    receiver: Receiver,
    count: watch::Receiver<usize>,
    shown: usize,
    attempts: BTreeMap<String, u32>,
}

/// Everything on stage.
pub(super) struct Scene {
    server: OwnServer,
    api: Api,
    client: Client,
    steady: Customer,
    flaky: Customer,
    posted: Vec<String>,
    started: u64,
}

impl Scene {
    /// Starts the server and both receivers; one of them fails the first `failures` webhooks.
    pub(super) async fn prepare(failures: u32) -> Result<Self> {
        let server = OwnServer::start(&std::env::temp_dir()).await?;
        let api = Api::at(&server.url(), server.key()).await?;
        let steady = Customer::start("billing", Script::default()).await?;
        let flaky = Customer::start("crm", Script::failing_first(failures)).await?;
        let client = api.client();
        let mut scene =
            Self { server, api, client, steady, flaky, posted: Vec::new(), started: monotonic_nanos() };
        scene.set_up().await.context("cannot set up the application and its endpoints")?;
        scene.started = monotonic_nanos();
        Ok(scene)
    }

    /// Where the server listens, and where the steady and the flaky receiver do.
    pub(super) fn urls(&self) -> [String; 3] {
        [self.server.url(), self.steady.receiver.url("/"), self.flaky.receiver.url("/")]
    }

    /// A one-time link to the pages that show what happens.
    pub(super) async fn pages(&self) -> Result<String> {
        self.server.console_link().await
    }

    /// Posts the next event.
    pub(super) async fn post_event(&mut self) -> Result<Posted> {
        let (event_type, data) = EVENTS[self.posted.len() % EVENTS.len()];
        let data: Value = serde_json::from_str(data).context("a sample is no JSON")?;
        let payload = json!({"type": event_type, "data": data});
        let body = json!({"eventType": event_type, "payload": payload});
        let sent = monotonic_nanos();
        let call = Call::post(format!("/api/v1/app/{APPLICATION}/msg"), &body);
        let answer: Value = serde_json::from_slice(&self.api.call(&mut self.client, &call).await?.body)?;
        let id = answer["id"].as_str().context("the server named no message id")?.to_owned();
        self.posted.push(id.clone());
        let took_ms = (monotonic_nanos() - sent) as f64 / 1e6;
        Ok(Posted { at_ms: self.millis(sent), event_type, id, took_ms })
    }

    /// Waits until something has arrived that was not shown yet.
    pub(super) async fn arrival(&mut self) {
        let (steady, flaky) = (self.steady.shown, self.flaky.shown);
        tokio::select! {
            biased;
            _ = self.steady.count.wait_for(|count| *count > steady) => {}
            _ = self.flaky.count.wait_for(|count| *count > flaky) => {}
        }
    }

    /// What has arrived since it was last asked, in order of time.
    pub(super) fn new_arrivals(&mut self) -> Vec<Arrival> {
        let started = self.started;
        let mut arrivals = self.steady.new_arrivals(started);
        arrivals.extend(self.flaky.new_arrivals(started));
        arrivals.sort_by_key(|arrival| arrival.at_ms);
        arrivals
    }

    /// Whether each receiver has taken every event posted so far, or refused it to the last attempt.
    pub(super) fn is_over(&self) -> bool {
        [&self.steady, &self.flaky].iter().all(|customer| customer.ended(true) >= self.posted.len())
    }

    /// What it has come to.
    pub(super) fn totals(&self) -> Totals {
        let all = [self.steady.recorder.all(), self.flaky.recorder.all()].concat();
        let deliveries = self.posted.len() * 2;
        let delivered = self.steady.ended(false) + self.flaky.ended(false);
        Totals {
            posted: self.posted.len(),
            deliveries,
            delivered,
            complete: delivered == deliveries,
            attempts: all.len(),
            failed_attempts: all.iter().filter(|webhook| !took(webhook)).count(),
            invalid_signatures: all.iter().filter(|webhook| webhook.verdict != Some(Ok(()))).count(),
            seconds: self.millis(monotonic_nanos()) as f64 / 1e3,
        }
    }

    /// Stops the server; what `fanfare doctor` says about its store.
    pub(super) async fn close(self) -> Result<String> {
        self.server.stop_and_examine().await
    }

    async fn set_up(&mut self) -> Result<()> {
        let application = Call::create_application(APPLICATION);
        self.api.call(&mut self.client, &application).await?;
        for customer in [&self.steady, &self.flaky] {
            let body = json!({"url": customer.receiver.url("/"), "uid": customer.name,
                "retrySchedule": RETRY_SCHEDULE});
            let path = format!("/api/v1/app/{APPLICATION}/endpoint");
            self.api.call(&mut self.client, &Call::post(path.clone(), &body)).await?;
            let secret = Call::get(format!("{path}/{}/secret", customer.name));
            let answer: Value =
                serde_json::from_slice(&self.api.call(&mut self.client, &secret).await?.body)?;
            let usable = answer["key"].as_str().is_some_and(|key| customer.recorder.use_secret(key));
            ensure!(usable, "the server showed no usable secret");
        }
        Ok(())
    }

    fn millis(&self, at: u64) -> u64 {
        at.saturating_sub(self.started) / 1_000_000
    }
}

impl Customer {
    async fn start(name: &'static str, script: Script) -> Result<Self> {
        let recorder = Recorder::new(script);
        let receiver = Receiver::on_loopback(recorder.clone()).await.context("cannot listen on 127.0.0.1")?;
        let count = recorder.count();
        Ok(Self { name, recorder, receiver, count, shown: 0, attempts: BTreeMap::new() })
    }

    fn new_arrivals(&mut self, started: u64) -> Vec<Arrival> {
        let new = self.recorder.since(self.shown);
        self.shown += new.len();
        new.iter().map(|webhook| self.arrival(webhook, started)).collect()
    }

    fn arrival(&mut self, webhook: &Received, started: u64) -> Arrival {
        let attempt = self.attempts.entry(webhook.id.clone()).or_default();
        *attempt += 1;
        let body: Value = serde_json::from_slice(&webhook.body).unwrap_or_default();
        let answered = webhook.status.map_or(0, |status| status.as_u16());
        Arrival {
            at_ms: webhook.at.saturating_sub(started) / 1_000_000,
            receiver: self.name,
            event_type: body["type"].as_str().unwrap_or("(no event)").to_owned(),
            id: webhook.id.clone(),
            attempt: *attempt,
            signature: match &webhook.verdict {
                Some(Ok(())) => "valid".to_owned(),
                Some(Err(reason)) => reason.to_string(),
                None => "not checked".to_owned(),
            },
            answered,
            retried: !(200..300).contains(&answered) && *attempt < ATTEMPTS_MOST,
        }
    }

    /// Different messages that it has taken; with those that were `given_up` if wanted.
    fn ended(&self, given_up: bool) -> usize {
        let mut by_id: BTreeMap<String, (u32, bool)> = BTreeMap::new();
        for webhook in self.recorder.all() {
            let took = took(&webhook);
            let (attempts, taken) = by_id.entry(webhook.id).or_default();
            (*attempts, *taken) = (*attempts + 1, *taken || took);
        }
        let ended = |attempts, taken| taken || (given_up && attempts >= ATTEMPTS_MOST);
        by_id.into_values().filter(|(attempts, taken)| ended(*attempts, *taken)).count()
    }
}

fn took(webhook: &Received) -> bool {
    webhook.verdict == Some(Ok(())) && webhook.status.is_some_and(|status| status.is_success())
}
