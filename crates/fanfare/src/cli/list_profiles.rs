//! `fanfare profile list`: the wire formats that environments and endpoints can have.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::terminal;
use crate::{
    config::{CommonFlags, ProfileFlags},
    profile_files,
};

/// Options of `fanfare profile list`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ListProfilesArgs {
    /// Print JSON
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    profiles: ProfileFlags,
}

/// Prints a table, or a JSON array.
pub(super) fn run(common: &CommonFlags, args: &ListProfilesArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let profiles = profile_files::load(config.profiles.directory.as_deref())?;
    if args.json {
        let all: Vec<_> = profiles
            .all()
            .map(|profile| json!({"name": profile.name, "description": profile.description}))
            .collect();
        return terminal::print(&format!("{:#}\n", json!(all)));
    }
    let mut rows = vec![["NAME", "DESCRIPTION"].map(str::to_owned)];
    rows.extend(profiles.all().map(|profile| [profile.name.to_string(), profile.description.clone()]));
    terminal::print(&terminal::table(&rows))
}
