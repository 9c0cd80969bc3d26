//! `fanfare profile check`: what is wrong with the files of profiles, all of it at once.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::{NoSettings, terminal};
use crate::{config::CommonFlags, profile_files};

/// Options of `fanfare profile check`.
#[derive(Debug, Args)]
pub(crate) struct CheckProfilesArgs {
    /// Files to check
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints each mistake as `file:line:column: message`; fails where there is one.
pub(super) fn run(common: &CommonFlags, args: &CheckProfilesArgs) -> Result<()> {
    super::begin(common, &NoSettings {})?;
    let (mut text, mut report, mut mistakes) = (String::new(), Vec::new(), 0);
    for file in &args.files {
        match profile_files::check(file)? {
            Ok(profile) => {
                text += &format!("{}: profile {} has no mistakes\n", file.display(), profile.name);
                report.push(json!({"file": file, "name": profile.name, "mistakes": []}));
            }
            Err(wrong) => {
                mistakes += wrong.mistakes.len() as u64;
                text += &format!("{wrong}\n");
                let mistake = |mistake: &fanfare_core::profile::ProfileError| json!({"line": mistake.line, "column": mistake.column, "message": mistake.message});
                let mistakes: Vec<_> = wrong.mistakes.iter().map(mistake).collect();
                report.push(json!({"file": file, "mistakes": mistakes}));
            }
        }
    }
    terminal::print(&if args.json { format!("{:#}\n", json!(report)) } else { text })?;
    if mistakes > 0 {
        bail!("{}", terminal::count(mistakes, "mistake", "mistakes"));
    }
    Ok(())
}
