//! `fanfare key revoke`: ends a key's validity, also for a server that is running.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use fanfare_core::id::KeyId;
use fanfare_engine::configure::ConfigureError;
use serde::Serialize;

use super::{open, terminal};
use crate::config::{CommonFlags, MasterKeyFlags, StoreFlags};

/// Options of `fanfare key revoke`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RevokeKeyArgs {
    /// Public name of the key, `key_…`, as `fanfare key list` shows it
    #[serde(skip)]
    id: KeyId,
    /// Environment that the key belongs to
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    env: String,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// Revokes the key.
pub(super) async fn run(common: &CommonFlags, args: &RevokeKeyArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let configure = open::to_configure(&config).await?;
    let environment = open::named(configure.environments().await?, &args.env)?;
    match configure.revoke_key(environment.id, None, args.id).await {
        Ok(()) => terminal::note(&format!("{} is revoked", args.id)),
        Err(ConfigureError::NotFound(_)) => bail!("environment {} has no key {}", args.env, args.id),
        Err(error) => Err(error).with_context(|| format!("cannot revoke {}", args.id)),
    }
}
