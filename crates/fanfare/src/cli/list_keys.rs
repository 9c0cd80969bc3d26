//! `fanfare key list`: the keys of an environment, by their public names.

use anyhow::Result;
use clap::Args;
use fanfare_core::{
    environment::{ApiKey, Role},
    ports::Clock as _,
    time::Timestamp,
};
use serde::Serialize;

use super::{open, terminal};
use crate::{
    clock::SystemClock,
    config::{CommonFlags, StoreFlags},
};

/// Options of `fanfare key list`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ListKeysArgs {
    /// Environment whose keys are listed
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    env: String,
    #[command(flatten)]
    store: StoreFlags,
}

/// Prints a table.
pub(super) async fn run(common: &CommonFlags, args: &ListKeysArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let store = open::existing_store(&config).await?;
    let environment = open::named(store.environments().await?, &args.env)?;
    let now = SystemClock::new().now();
    let mut rows = vec![["ID", "ROLE", "MODE", "CREATED", "STATE"].map(str::to_owned)];
    for key in store.keys(environment.id).await? {
        let (role, mode) = (role(key.role).to_owned(), key.mode.as_str().to_owned());
        rows.push([key.id.to_string(), role, mode, key.created_at.to_string(), state(&key, now)]);
    }
    terminal::print(&terminal::table(&rows))
}

/// The word for a role.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Publisher => "publisher",
        Role::Viewer => "viewer",
        Role::Portal => "portal",
    }
}

fn state(key: &ApiKey, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if !key.is_valid(now) => format!("expired {at}"),
        (None, Some(at)) => format!("valid until {at}"),
        (None, None) => "valid".to_owned(),
    }
}
