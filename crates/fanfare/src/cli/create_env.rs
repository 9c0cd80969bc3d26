//! `fanfare env create`: a new environment, and the admin key that opens it.

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use fanfare_core::{environment::Role, name::ProfileName, ports::Clock};
use fanfare_engine::configure::ConfigureError;
use serde::Serialize;

use super::{open, terminal};
use crate::{
    clock::SystemClock,
    config::{CommonFlags, MasterKeyFlags, ProfileFlags, StoreFlags},
    place::Place,
    profile_files,
};

/// Options of `fanfare env create`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct CreateEnvArgs {
    /// Name of the environment, unique in the store
    #[serde(skip)]
    name: String,
    /// Wire format that its messages are rendered with; its event types are the catalogue it begins with
    #[arg(long, value_name = "PROFILE", default_value = "standard")]
    #[serde(skip)]
    profile: ProfileName,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    profiles: ProfileFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// Makes the environment and prints the key and nothing else.
pub(super) async fn run(common: &CommonFlags, args: &CreateEnvArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    // Before anything is made.
    profile_files::named(&profile_files::load(config.profiles.directory.as_deref())?, &args.profile)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let place = Place::made(&config, &clock)?;
    let new = match &place {
        Place::Directory(dir) if !dir.store_file().exists() => Some(dir.path().display()),
        _ => None,
    };
    let configure = open::configure_in(&config, &place, clock).await?;
    if let Some(directory) = new {
        terminal::aside(&format!("Made a new store in {directory}."))?;
    }
    let environment = match configure.create_environment(&args.name, &args.profile).await {
        Err(ConfigureError::Taken(_)) => bail!("there is an environment {} already", args.name),
        made => made?,
    };
    let key = configure.create_key(environment.id, Role::Admin).await?;
    open::show_key(&key, &environment)
}
