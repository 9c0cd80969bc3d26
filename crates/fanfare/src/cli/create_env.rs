//! `fanfare env create`: a new environment, and the admin key that opens it.

use anyhow::{Result, bail};
use clap::Args;
use fanfare_core::{environment::Role, name::ProfileName};
use fanfare_engine::configure::ConfigureError;
use serde::Serialize;

use super::{open, terminal};
use crate::{
    config::{CommonFlags, MasterKeyFlags, ProfileFlags, StoreFlags},
    data_dir::DataDir,
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
    let dir = DataDir::create(&config.store.data)?;
    let is_new = !dir.store_file().exists();
    let configure = open::to_configure(&config, &dir).await?;
    if is_new {
        terminal::aside(&format!("Made a new store in {}.", dir.path().display()))?;
    }
    let environment = match configure.create_environment(&args.name, &args.profile).await {
        Err(ConfigureError::Taken(_)) => bail!("there is an environment {} already", args.name),
        made => made?,
    };
    let key = configure.create_key(environment.id, Role::Admin).await?;
    open::show_key(&key, &environment)
}
