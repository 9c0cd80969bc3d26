//! `fanfare env list`: the environments of a store.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{open, terminal};
use crate::config::{CommonFlags, StoreFlags};

/// Options of `fanfare env list`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ListEnvsArgs {
    #[command(flatten)]
    store: StoreFlags,
}

/// Prints a table.
pub(super) async fn run(common: &CommonFlags, args: &ListEnvsArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let store = open::existing_store(&config).await?;
    let mut rows = vec![["NAME", "PROFILE", "ID", "CREATED"].map(str::to_owned)];
    for environment in store.environments().await? {
        let (profile, id) = (environment.profile.to_string(), environment.id.to_string());
        rows.push([environment.name, profile, id, environment.created_at.to_string()]);
    }
    terminal::print(&terminal::table(&rows))
}
