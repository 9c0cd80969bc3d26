//! `fanfare profile show`: the text of a profile, to read or to begin one's own with.

use anyhow::Result;
use clap::Args;
use fanfare_core::name::ProfileName;
use serde::Serialize;
use serde_json::json;

use super::terminal;
use crate::{
    config::{CommonFlags, ProfileFlags},
    profile_files,
};

/// Options of `fanfare profile show`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ShowProfileArgs {
    /// Name of the profile
    #[serde(skip)]
    name: ProfileName,
    /// Print JSON
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    profiles: ProfileFlags,
}

/// Prints the text, or a JSON object with it.
pub(super) fn run(common: &CommonFlags, args: &ShowProfileArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let profiles = profile_files::load(config.profiles.directory.as_deref())?;
    let profile = profile_files::named(&profiles, &args.name)?;
    if !args.json {
        return terminal::print(&profile.text);
    }
    let methods: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
    let types: Vec<_> = profile.events.types.iter().map(|kind| &kind.name).collect();
    let shown = json!({
        "name": profile.name, "description": profile.description, "methods": methods, "eventTypes": types,
        "text": profile.text,
    });
    terminal::print(&format!("{shown:#}\n"))
}
