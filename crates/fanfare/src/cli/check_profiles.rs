//! `fanfare profile check`: what is wrong with the files of profiles, all of it at once.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;
use fanfare_core::profile::{Profile, ProfileError};
use serde::Serialize;
use serde_json::{Value, json};

use super::terminal;
use crate::{
    config::{CommonFlags, ProfileFlags},
    profile_files::{self, Mistakes},
};

/// Options of `fanfare profile check`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct CheckProfilesArgs {
    /// Files to check, or names of profiles
    #[arg(required = true, value_name = "FILE|NAME")]
    #[serde(skip)]
    files: Vec<String>,
    /// Print JSON
    #[arg(long)]
    #[serde(skip)]
    json: bool,
    #[command(flatten)]
    profiles: ProfileFlags,
}

/// Prints each mistake as `file:line:column: message`; fails where there is one.
pub(super) fn run(common: &CommonFlags, args: &CheckProfilesArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let (mut text, mut report, mut mistakes) = (String::new(), Vec::new(), 0);
    for file in &args.files {
        if !profile_files::is_file(file) && !Path::new(file).is_file() {
            // A profile that has mistakes is not found by its name.
            let profile = profile_files::find(file, config.profiles.directory.as_deref())?;
            text += &format!("profile {} has no mistakes\n", profile.name);
            report.push(json!({"name": profile.name, "mistakes": []}));
            continue;
        }
        match profile_files::check(Path::new(file))? {
            Ok(profile) => {
                let replaces = profile_files::is_built_in(&profile.name);
                text += &sound(file, &profile, replaces);
                report.push(json!({
                    "file": file, "name": profile.name, "mistakes": [], "replacesBuiltIn": replaces,
                }));
            }
            Err(wrong) => {
                mistakes += wrong.mistakes.len() as u64;
                text += &format!("{wrong}\n");
                report.push(json!({"file": file, "mistakes": as_json(&wrong)}));
            }
        }
    }
    terminal::print(&if args.json { format!("{:#}\n", json!(report)) } else { text })?;
    if mistakes > 0 {
        bail!("{}", terminal::count(mistakes, "mistake", "mistakes"));
    }
    Ok(())
}

fn sound(file: &str, profile: &Profile, replaces: bool) -> String {
    let note = if replaces { "; with --profiles it replaces the built-in one of that name" } else { "" };
    format!("{file}: profile {} has no mistakes{note}\n", profile.name)
}

fn as_json(wrong: &Mistakes) -> Vec<Value> {
    let mistake = |ProfileError { line, column, message }: &ProfileError| json!({"line": line, "column": column, "message": message});
    wrong.mistakes.iter().map(mistake).collect()
}
