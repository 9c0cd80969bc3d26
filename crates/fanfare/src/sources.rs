//! Sources of events beside the API, as the configuration names them: checked before anything starts, then run
//! until the server stops.

mod database;

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use fanfare_core::{
    limits::{SOURCE_NAME_BYTES, SOURCES},
    secret::Secret,
};
use fanfare_engine::Engine;
use fanfare_sources::{
    Feed, Metrics,
    nats::{Nats, NatsAccess, NatsSettings},
    outbox::Outbox,
};
use fanfare_store::postgres::DatabaseUrl;
use prometheus_client::registry::Registry;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{NatsConfig, OutboxConfig, SourcesConfig};

pub(crate) use database::Database;

/// Seconds within which a broker may be asked to wait for acknowledgements.
const ACK_WAITS: std::ops::RangeInclusive<u32> = 1..=3600;

/// What is to be run.
pub(crate) struct Plan(Vec<Planned>);

struct Planned {
    name: String,
    environment: String,
    kind: Kind,
}

enum Kind {
    Outbox(DatabaseUrl),
    Nats(NatsSettings),
}

impl Plan {
    /// The sources of the configuration, or which of them cannot be.
    pub(crate) fn of(config: &SourcesConfig) -> Result<Self> {
        for (kind, many) in [("outbox", config.outbox.len()), ("nats", config.nats.len())] {
            ensure!(many <= SOURCES, "there are {many} of [[sources.{kind}]], and at most {SOURCES} can be");
        }
        let outboxes = config.outbox.iter().map(|config| (&config.name, "outbox", outbox(config)));
        let streams = config.nats.iter().map(|config| (&config.name, "nats", nats(config)));
        let (mut names, mut all) = (BTreeSet::new(), Vec::new());
        for (name, kind, planned) in outboxes.chain(streams) {
            check_name(name).with_context(|| format!("sources.{kind}"))?;
            ensure!(
                names.insert(name),
                "there are two sources called {name}: metrics could not tell them apart"
            );
            all.push(planned.with_context(|| format!("sources.{kind} {name}"))?);
        }
        Ok(Self(all))
    }

    /// Whether every environment that they are for is there; in an empty store, `made` will be.
    pub(crate) async fn check(&self, engine: &Engine, made: Option<&str>) -> Result<()> {
        let environments = engine.context().store().environments().await?;
        let made = made.filter(|_| environments.is_empty());
        for Planned { name, environment, .. } in &self.0 {
            let known = environments.iter().any(|known| known.name == *environment);
            ensure!(known || made == Some(environment), missing(name, environment));
        }
        Ok(())
    }

    /// Starts them all, each in a task of its own, until `stop`.
    pub(crate) async fn start(
        self,
        engine: &Engine,
        registry: &mut Registry,
        stop: &CancellationToken,
    ) -> Result<JoinSet<()>> {
        let mut tasks = JoinSet::new();
        if self.0.is_empty() {
            return Ok(tasks);
        }
        let metrics = Metrics::register(registry);
        let clock = &engine.context().ports.clock;
        let environments = engine.context().store().environments().await?;
        for Planned { name, environment, kind } in self.0 {
            let found = environments.iter().find(|known| known.name == environment);
            let found = found.ok_or_else(|| anyhow!(missing(&name, &environment)))?;
            let feed = Feed::new(engine.clone(), found.id, &name, &metrics);
            match kind {
                Kind::Outbox(url) => {
                    let outbox = Outbox::new(Arc::new(Database(url)), Arc::clone(clock));
                    tasks.spawn(feed.run(outbox, stop.clone()));
                }
                Kind::Nats(settings) => {
                    tasks.spawn(feed.run(Nats::new(settings, Arc::clone(clock)), stop.clone()));
                }
            }
        }
        Ok(tasks)
    }
}

fn missing(source: &str, environment: &str) -> String {
    format!(
        "source {source} is for environment {environment}, which does not exist: make it with `fanfare env create \
         {environment}`"
    )
}

fn check_name(name: &str) -> Result<()> {
    let sound = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = !name.is_empty() && name.len() <= SOURCE_NAME_BYTES && name.chars().all(sound);
    ensure!(is_name, "`name` must be 1 to {SOURCE_NAME_BYTES} letters, digits, dashes, dots or underscores");
    Ok(())
}

fn outbox(config: &OutboxConfig) -> Result<Planned> {
    let url = url(config.url.as_ref(), config.url_file.as_deref())?;
    let url = direct(url.reveal())?;
    let (name, environment) = (config.name.clone(), config.environment.clone());
    Ok(Planned { name, environment, kind: Kind::Outbox(url) })
}

/// The database of an outbox.
pub(crate) fn direct(url: &str) -> Result<DatabaseUrl> {
    let url: DatabaseUrl = url.parse()?;
    ensure!(!url.pgbouncer(), "the outbox is read over a direct connection, not through PgBouncer");
    Ok(url)
}

fn nats(config: &NatsConfig) -> Result<Planned> {
    let url = url(config.url.as_ref(), config.url_file.as_deref())?;
    let mut access = NatsAccess::parse(&url).context("its URL")?;
    access.credentials_file.clone_from(&config.credentials_file);
    access.ca_file.clone_from(&config.ca_file);
    ensure!(
        ACK_WAITS.contains(&config.ack_wait),
        "`ack-wait` must be {} to {} seconds",
        ACK_WAITS.start(),
        ACK_WAITS.end()
    );
    let settings = NatsSettings {
        access,
        stream: config.stream.clone(),
        consumer: config.consumer.clone(),
        subject: config.subject.clone(),
        dead_letters: config.dead_letters.clone(),
        ack_wait: Duration::from_secs(config.ack_wait.into()),
    };
    settings.check()?;
    let (name, environment) = (config.name.clone(), config.environment.clone());
    Ok(Planned { name, environment, kind: Kind::Nats(settings) })
}

/// The URL, from the configuration or from the file that it names.
fn url(given: Option<&Secret>, file: Option<&Path>) -> Result<Secret> {
    match (given, file) {
        (Some(url), None) => Ok(url.clone()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read the URL's file {}", path.display()))?;
            Ok(Secret::new(text.trim()))
        }
        (Some(_), Some(_)) => bail!("has both `url` and `url-file`: leave one of them out"),
        (None, None) => bail!("has no `url`, and no `url-file` that holds it"),
    }
}

#[cfg(test)]
mod tests;
