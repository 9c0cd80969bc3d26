//! The store as the commands that are not the server open it: beside a server or alone.

use std::sync::Arc;

use anyhow::{Result, bail};
use async_trait::async_trait;
use fanfare_core::{
    environment::{Environment, KeyMode},
    ports::{Clock, Failure, FailureKind, Outcome, SendOptions, Store, Transport},
    render::Request,
};
use fanfare_engine::{
    configure::{Actor, Configure, key::NewKey},
    context::{Context, Ports},
};

use super::{list_keys, terminal};
use crate::{clock::SystemClock, config::Config, entropy::OsEntropy, place::Place, profile_files};

/// Opens the store that is there.
pub(super) async fn existing_store(config: &Config) -> Result<Arc<dyn Store>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Place::existing(config, &clock)?.open(1, Arc::clone(&clock)).await
}

/// Opens the store that is there to change what is configured in it, with the profiles that the configuration
/// names.
pub(super) async fn to_configure(config: &Config) -> Result<Configure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    configure_in(config, &Place::existing(config, &clock)?, clock).await
}

/// The same in a place where there may be no store yet.
pub(super) async fn configure_in(config: &Config, place: &Place, clock: Arc<dyn Clock>) -> Result<Configure> {
    let profiles = profile_files::load(config.profiles.directory.as_deref())?;
    let entropy = Arc::new(OsEntropy::default());
    let (store, master_key) = place.open_with_key(config, 1, Arc::clone(&clock), &*entropy).await?;
    let ports = Ports { store, transport: Arc::new(NoTransport), clock, entropy };
    let context = Context::new(ports, master_key, profiles);
    Ok(Configure::new(context, Actor::cli()))
}

/// The environment of that name; an error names the ones there are.
pub(super) fn named(environments: Vec<Environment>, name: &str) -> Result<Environment> {
    let names: Vec<_> = environments.iter().map(|environment| environment.name.clone()).collect();
    match environments.into_iter().find(|environment| environment.name == name) {
        Some(environment) => Ok(environment),
        None if names.is_empty() => {
            bail!("there is no environment yet: make one with `fanfare env create NAME`")
        }
        None => bail!("there is no environment {name}; there are: {}", names.join(", ")),
    }
}

/// Shows a new key: on standard output the key and nothing else, to people also what it is.
pub(super) fn show_key(new: &NewKey, environment: &Environment) -> Result<()> {
    terminal::print(&format!("{}\n", new.token.reveal()))?;
    let (id, role) = (new.key.id, list_keys::role(new.key.role));
    let mode = match new.key.mode {
        KeyMode::Live => "",
        KeyMode::Test => "test key, ",
    };
    terminal::aside(&format!(
        "{id}: {mode}{role} of environment {}. The key is shown only now.",
        environment.name
    ))
}

/// These commands configure; they send nothing.
struct NoTransport;

#[async_trait]
impl Transport for NoTransport {
    async fn send(&self, _: Request, _: &SendOptions) -> Outcome {
        let failure = Failure::new(FailureKind::Request, "this command sends nothing");
        Outcome { result: Err(failure), remote: None }
    }
}
