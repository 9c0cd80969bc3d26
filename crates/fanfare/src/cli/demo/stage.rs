//! The stage of `fanfare demo --profile NAME`: a server of our own under that profile, and its customers.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use fanfare_core::{profile::Profile, secret::Secret};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    super::listen::{Arrival, Arrivals, BOUNDS, Mask},
    program::{Plan, Program},
};
use crate::{
    bench::{Api, Call, Client, OwnServer},
    receiver::{Answers, Certificate, Customer, WireReceiver, pause},
};

const APPLICATION: &str = "acme";
/// How often the server is asked whether all deliveries have ended.
const POLL: Duration = Duration::from_millis(50);

/// Everything on stage.
pub(super) struct Stage {
    server: OwnServer,
    api: Api,
    client: Client,
    receivers: Vec<Received>,
    profile: Profile,
    last_message: Option<String>,
    /// Holds the certificate while the server runs.
    _files: TempDir,
}

/// One customer: where they receive, and how they recognise what comes.
pub(super) struct Received {
    plan: &'static Plan,
    receiver: WireReceiver,
    arrivals: Arrivals,
    /// Known once the endpoint is made.
    customer: Option<Customer>,
    secret: Option<Secret>,
}

impl Stage {
    /// Starts the server and the receivers, and makes the application.
    pub(super) async fn prepare(program: &Program, profile: Profile) -> Result<Self> {
        let files = tempfile::tempdir().context("cannot make a temporary directory")?;
        let certificate = Certificate::issue()?;
        let ca_file = files.path().join("ca.pem");
        std::fs::write(&ca_file, certificate.pem()).context("cannot write the demo's certificate")?;
        let ca_file = ca_file.to_str().context("the temporary directory has no name in UTF-8")?;
        let environment = ["--profile", program.profile];
        let server =
            OwnServer::start_with(&std::env::temp_dir(), &["--ca-file", ca_file], &environment).await?;
        let api = Api::at(&server.url(), server.key()).await?;
        let mut receivers = Vec::new();
        for plan in program.customers {
            receivers.push(Received::start(plan, &certificate).await.context("cannot listen on 127.0.0.1")?);
        }
        let client = api.client();
        let mut stage = Self { server, api, client, receivers, profile, last_message: None, _files: files };
        stage.call(&Call::create_application(APPLICATION)).await?;
        Ok(stage)
    }

    /// Makes a customer's endpoint; what was configured, without credentials.
    pub(super) async fn join(&mut self, at: usize) -> Result<Value> {
        let plan = self.receivers[at].plan;
        let mut settings: Value =
            serde_json::from_str(plan.settings).context("the demo's settings are no JSON")?;
        settings["url"] = self.receivers[at].receiver.url(plan.path).into();
        settings["uid"] = plan.name.into();
        let endpoints = format!("/api/v1/app/{APPLICATION}/endpoint");
        let chosen = settings["secret"].as_str().map(str::to_owned);
        let secret_call = Call::get(format!("{endpoints}/{}/secret", plan.name));
        self.call(&Call::post(endpoints, &settings)).await?;
        let secret = match chosen {
            None if self.profile.secrets.on_create => {
                let shown = self.call(&secret_call).await?;
                shown["key"].as_str().context("the server showed no secret")?.to_owned()
            }
            chosen => chosen.unwrap_or_default(),
        };
        self.receivers[at].secret = Some(Secret::new(secret.as_str()));
        self.receivers[at].customer = Some((plan.recognises)(secret));
        Ok(without_credentials(settings))
    }

    /// Posts an event; the payload stays as it is written.
    pub(super) async fn post(&mut self, event_type: &str, payload: &str) -> Result<()> {
        let body = format!(r#"{{"eventType": {}, "payload": {payload}}}"#, json!(event_type));
        let answer = self.call(&Call::post_json(format!("/api/v1/app/{APPLICATION}/msg"), body)).await?;
        self.last_message = Some(answer["id"].as_str().context("the server named no message id")?.to_owned());
        Ok(())
    }

    /// Sends the last message to a customer by hand.
    pub(super) async fn resend(&mut self, at: usize) -> Result<()> {
        let message = self.last_message.as_deref().context("nothing was posted yet")?;
        let endpoint = self.receivers[at].plan.name;
        let path = format!("/api/v1/app/{APPLICATION}/msg/{message}/endpoint/{endpoint}/resend");
        self.call(&Call::post(path, &json!({}))).await.map(|_| ())
    }

    /// A customer.
    pub(super) fn customer(&mut self, at: usize) -> &mut Received {
        &mut self.receivers[at]
    }

    /// How many deliveries ended in which state, once all have ended.
    pub(super) async fn deliveries(&mut self) -> Result<BTreeMap<String, usize>> {
        let list = Call::get(format!("/api/v1/app/{APPLICATION}/delivery?limit=250"));
        loop {
            let page = self.call(&list).await?;
            let mut states = BTreeMap::new();
            for delivery in page["data"].as_array().context("the server listed no deliveries")? {
                let state = delivery["state"].as_str().context("a delivery has no state")?;
                *states.entry(state.to_owned()).or_default() += 1;
            }
            if states.keys().all(|state| ENDS.contains(&state.as_str())) {
                return Ok(states);
            }
            pause(POLL).await;
        }
    }

    /// Whether a customer was sent more than has been looked at.
    pub(super) fn is_left(&self) -> bool {
        self.receivers.iter().any(|customer| customer.arrivals.is_left())
    }

    /// Stops the server; what `fanfare doctor` says about its store.
    pub(super) async fn close(self) -> Result<String> {
        self.server.stop_and_examine().await
    }

    async fn call(&mut self, call: &Call) -> Result<Value> {
        let reply = self.api.call(&mut self.client, call).await?;
        Ok(serde_json::from_slice(&reply.body)?)
    }
}

const ENDS: [&str; 5] = ["succeeded", "failed", "blocked", "cancelled", "skipped"];

impl Received {
    async fn start(plan: &'static Plan, certificate: &Certificate) -> Result<Self> {
        let answers: Answers = plan.answers.parse().map_err(anyhow::Error::msg)?;
        let (inbox, arrivals) = Arrivals::open(answers);
        let receiver = match plan.secured {
            true => WireReceiver::start_secured(certificate, BOUNDS, inbox).await?,
            false => WireReceiver::start(SocketAddr::from(([127, 0, 0, 1], 0)), BOUNDS, inbox).await?,
        };
        Ok(Self { plan, receiver, arrivals, customer: None, secret: None })
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Arrival {
        self.arrivals.next().await
    }

    /// How they recognise requests.
    pub(super) fn recognises(&self) -> Result<&Customer> {
        self.customer.as_ref().context("a request came before the endpoint was made")
    }

    /// What is not to be shown of what they receive.
    pub(super) fn mask(&self) -> Mask {
        Mask::of(self.secret.iter().cloned().collect())
    }
}

fn without_credentials(mut settings: Value) -> Value {
    for place in ["/secret", "/auth/value", "/auth/password", "/auth/token"] {
        if let Some(credential) = settings.pointer_mut(place) {
            *credential = "[redacted]".into();
        }
    }
    settings
}
