//! One whole run: ceiling, server, set-up, warm-up, the measured phases, and the account.

use std::{ops::Range, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    ceiling::{self, Ceiling, Hop},
    endpoints::{Api, Call},
    gate::Gate,
    hanging::HangingReceiver,
    ledger::Ledger,
    load::{self, Aim, Pace},
    machine::{self, Machine},
    own_server::{OwnServer, run_name},
    plan::{Plan, Subject},
    progress::Progress,
    report::{Checks, Hanging, Phase, Report},
    template::{EVENT_TYPE, Template},
};
use crate::receiver::{Receiver, Verifier, monotonic_nanos, pause};

/// How often the ledger is looked at while deliveries are outstanding.
const DRAIN_POLL: Duration = Duration::from_millis(50);

/// Runs `plan`. Cancelling `stop` ends it early with the figures so far.
pub(crate) async fn run(plan: Plan, stop: &CancellationToken) -> anyhow::Result<Report> {
    plan.check().map_err(anyhow::Error::msg)?;
    raise_file_limit();
    let name = run_name();
    let before = hop(&plan, &name, stop).await?;
    let (findings, doctor) = match plan.subject.clone() {
        Subject::Running { url, key } => {
            let site = Site::prepare(&plan, name.clone(), &url, &key, None).await?;
            let findings = site.measure(stop).await;
            site.clear_away().await?;
            (findings?, None)
        }
        Subject::Own { data_in, database_url } => {
            let server = match database_url {
                Some(url) => OwnServer::start_on_database(&data_in, &url).await?,
                None => OwnServer::start(&data_in).await?,
            };
            let site = Site::prepare(&plan, name.clone(), &server.url(), server.key(), Some(&server)).await?;
            let findings = site.measure(stop).await?;
            drop(site);
            (findings, Some(server.stop_and_examine().await?))
        }
    };
    let after = if stop.is_cancelled() { None } else { Some(hop(&plan, &name, stop).await?) };
    let ceiling = Ceiling::of(before, after);
    Ok(Report {
        ratio_to_ceiling: plan
            .rate
            .is_none()
            .then(|| findings.phases[0].delivered_per_second / ceiling.per_second),
        plan,
        ceiling,
        phases: findings.phases,
        hanging: findings.hanging,
        profile_ratio: findings.profile_ratio,
        checks: findings.checks,
        machine: findings.machine,
        doctor,
        interrupted: stop.is_cancelled(),
    })
}

async fn hop(plan: &Plan, name: &str, stop: &CancellationToken) -> anyhow::Result<Hop> {
    ceiling::measure(plan, name, stop).await.context("cannot measure the ceiling")
}

/// What the phases gave.
struct Findings {
    phases: Vec<Phase>,
    hanging: Option<Hanging>,
    profile_ratio: Option<f64>,
    checks: Checks,
    machine: Machine,
}

/// Everything a run has set up.
struct Site<'a> {
    plan: &'a Plan,
    server: Option<&'a OwnServer>,
    run: String,
    api: Api,
    ledger: Arc<Ledger>,
    hanging: Option<HangingReceiver>,
    receiver: Receiver,
}

impl<'a> Site<'a> {
    async fn prepare(
        plan: &'a Plan,
        run: String,
        url: &str,
        key: &str,
        server: Option<&'a OwnServer>,
    ) -> anyhow::Result<Self> {
        let ledger = Arc::new(Ledger::new(plan.all_messages(), plan.fan_out));
        let secret = secret_of(&run);
        let gate = Gate {
            ledger: Arc::clone(&ledger),
            run: run.clone(),
            applications: plan.applications(),
            verifier: Verifier::new(&secret),
            verified_below: if plan.profile.is_some() { plan.warm_up + plan.messages } else { usize::MAX },
            delay: Duration::from_millis(plan.receiver_delay_ms),
        };
        let receiver = Receiver::start(plan.receive_on, Arc::new(gate)).await.context("cannot receive")?;
        let hanging = match plan.hanging {
            0 => None,
            _ => Some(HangingReceiver::start(plan.receive_on).await?),
        };
        let api = Api::at(url, key).await?;
        let site = Self { plan, server, run, api, ledger, hanging, receiver };
        site.set_up(&secret).await.context("cannot set up the applications and endpoints")?;
        Ok(site)
    }

    async fn set_up(&self, secret: &str) -> anyhow::Result<()> {
        self.api.make(self.uids().map(|uid| Call::create_application(&uid)).collect()).await?;
        let mut calls: Vec<_> = self
            .places(self.healthy_uids())
            .map(|(uid, url)| Call::create_endpoint(&uid, &url, secret))
            .collect();
        if let Some(profile) = &self.plan.profile {
            self.api.make(vec![Call::create_event_type(EVENT_TYPE)]).await?;
            let places = self.places(self.profiled_uids());
            calls.extend(
                places.map(|(uid, url)| Call::create_profiled_endpoint(&uid, &url, profile, EVENT_TYPE)),
            );
        }
        if let Some(hanging) = &self.hanging {
            let url = format!("http://{}/", hanging.address());
            calls.extend(self.hanging_uids().map(|uid| Call::create_endpoint(&uid, &url, secret)));
        }
        self.api.make(calls).await
    }

    async fn clear_away(&self) -> anyhow::Result<()> {
        self.api.make(self.uids().map(|uid| Call::delete_application(&uid)).collect()).await?;
        let types = self.plan.profile.iter().map(|_| Call::delete_event_type(EVENT_TYPE));
        self.api.make(types.collect()).await
    }

    /// The endpoints of these applications: the uid of each one's application, and its URL.
    fn places(&self, uids: impl Iterator<Item = String>) -> impl Iterator<Item = (String, String)> {
        uids.enumerate().flat_map(move |(application, uid)| {
            let url = move |place| self.receiver.url(&format!("/{application}/{place}"));
            (0..self.plan.fan_out).map(move |place| (uid.clone(), url(place)))
        })
    }

    fn healthy_uids(&self) -> impl Iterator<Item = String> {
        (0..self.plan.applications()).map(|number| format!("bench-{}-{number}", self.run))
    }

    fn hanging_uids(&self) -> impl Iterator<Item = String> {
        (0..self.plan.hanging).map(|number| format!("bench-{}-hanging-{number}", self.run))
    }

    fn profiled_uids(&self) -> impl Iterator<Item = String> {
        let applications = if self.plan.profile.is_some() { self.plan.applications() } else { 0 };
        (0..applications).map(|number| format!("bench-{}-profiled-{number}", self.run))
    }

    fn uids(&self) -> impl Iterator<Item = String> {
        self.healthy_uids().chain(self.hanging_uids()).chain(self.profiled_uids())
    }

    async fn measure(&self, stop: &CancellationToken) -> anyhow::Result<Findings> {
        let progress = Progress::follow(&self.ledger, self.plan.all_messages() * self.plan.fan_out);
        self.warm_up(&self.aim(self.healthy_uids())?, 0, &progress, stop).await?;
        let used = Used::until_now(self.server);
        let plain = self.plan.warm_up..self.plan.warm_up + self.plan.messages;
        progress.say("posting");
        let aim = self.aim(self.healthy_uids())?;
        let mut phases = vec![self.phase("plain", &aim, plain.clone(), &progress, stop).await?];
        let hanging = match &self.hanging {
            Some(receiver) if !stop.is_cancelled() => {
                progress.say("beside hanging");
                let accepted = self.post_to_hanging(stop).await?;
                let beside = plain.end..plain.end + self.plan.messages;
                phases.push(self.phase("beside hanging endpoints", &aim, beside, &progress, stop).await?);
                Some(Hanging {
                    accepted,
                    connections: receiver.connections(),
                    healthy_p99_ratio: phases[1].end_to_end.p99_ms / phases[0].end_to_end.p99_ms,
                })
            }
            _ => None,
        };
        let profile_ratio = match &self.plan.profile {
            Some(_) if !stop.is_cancelled() => {
                phases.push(self.profiled_phase(plain.end, &progress, stop).await?);
                Some(phases[1].delivered_per_second / phases[0].delivered_per_second)
            }
            _ => None,
        };
        let machine = used.since(self.server);
        Ok(Findings { phases, hanging, profile_ratio, checks: Checks::of(&self.ledger), machine })
    }

    /// The same load at endpoints of another profile, after a warm-up of their own.
    async fn profiled_phase(
        &self,
        from: usize,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> anyhow::Result<Phase> {
        let aim = self.aim(self.profiled_uids())?;
        self.warm_up(&aim, from, progress, stop).await?;
        progress.say("posting");
        let first = from + self.plan.warm_up;
        self.phase("with the profile", &aim, first..first + self.plan.messages, progress, stop).await
    }

    /// Opens connections, lets lanes grow, and finds out whether anything is delivered at all.
    async fn warm_up(
        &self,
        aim: &Aim,
        from: usize,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        progress.say("warming up");
        let range = from..from + self.plan.warm_up;
        load::post(aim, self.pace(None), &self.ledger, range.clone(), stop).await;
        ensure!(
            self.ledger.accepts() > 0 || stop.is_cancelled(),
            "nothing accepted: {:?}",
            self.ledger.refusals()
        );
        self.drain(range.clone(), stop).await;
        let missing = self.ledger.outstanding(range);
        ensure!(
            missing == 0 || stop.is_cancelled(),
            "{missing} of the first webhooks did not arrive at {}: may the server deliver there \
             (`serve --allow-network 127.0.0.0/8`)?",
            self.receiver.address()
        );
        Ok(())
    }

    async fn phase(
        &self,
        name: &'static str,
        aim: &Aim,
        range: Range<usize>,
        progress: &Progress,
        stop: &CancellationToken,
    ) -> anyhow::Result<Phase> {
        load::post(aim, self.pace(self.plan.rate), &self.ledger, range.clone(), stop).await;
        progress.say("draining");
        self.drain(range.clone(), stop).await;
        Ok(Phase::of(name, &self.ledger, range))
    }

    /// Waits until everything acknowledged in `range` has arrived, or nothing has for the time of grace.
    async fn drain(&self, range: Range<usize>, stop: &CancellationToken) {
        let (mut received, mut since) = (self.ledger.received(), monotonic_nanos());
        while !stop.is_cancelled() && self.ledger.outstanding(range.clone()) > 0 {
            pause(DRAIN_POLL).await;
            let (received_now, now) = (self.ledger.received(), monotonic_nanos());
            if received_now != received {
                (received, since) = (received_now, now);
            } else if Duration::from_nanos(now - since) > self.plan.grace() {
                return;
            }
        }
    }

    async fn post_to_hanging(&self, stop: &CancellationToken) -> anyhow::Result<u64> {
        let messages = self.plan.hanging_messages;
        let ledger = Arc::new(Ledger::new(messages, 1));
        let aim = Aim { idempotency: None, ..self.aim(self.hanging_uids())? };
        load::post(&aim, self.pace(None), &ledger, 0..messages, stop).await;
        Ok(ledger.accepts())
    }

    fn aim(&self, uids: impl Iterator<Item = String>) -> anyhow::Result<Aim> {
        let uris = uids.map(|uid| self.api.message_uri(&uid)).collect::<Result<_, _>>()?;
        Ok(Aim {
            server: self.api.server,
            headers: self.api.headers.clone(),
            uris,
            template: Template::new(&self.run, self.plan.payload_bytes),
            idempotency: self.plan.idempotency_keys.then(|| format!("auto_{}-", self.run)),
        })
    }

    fn pace(&self, rate: Option<f64>) -> Pace {
        Pace { clients: self.plan.clients, rate, limit: self.plan.duration() }
    }
}

/// Processor time used up to a moment.
struct Used {
    generator: f64,
    server: f64,
}

impl Used {
    fn until_now(server: Option<&OwnServer>) -> Self {
        let generator = machine::cpu_seconds(std::process::id()).unwrap_or_default();
        let server = server.and_then(|server| machine::cpu_seconds(server.pid())).unwrap_or_default();
        Self { generator, server }
    }

    fn since(&self, server: Option<&OwnServer>) -> Machine {
        let now = Self::until_now(server);
        Machine {
            generator_cpu_seconds: now.generator - self.generator,
            server_cpu_seconds: server.map(|_| now.server - self.server),
            server_peak_mib: server.and_then(|server| machine::peak_mib(server.pid())),
            ..Machine::describe(server.and_then(OwnServer::store_directory))
        }
    }
}

/// A secret that only this run has. It guards nothing but the run's own receiver.
fn secret_of(run: &str) -> String {
    format!("whsec_{}", STANDARD.encode(Sha256::digest(run)))
}

/// Hanging endpoints and many clients need a file descriptor each; where the limit cannot be raised the
/// connections beyond it fail and are counted.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
