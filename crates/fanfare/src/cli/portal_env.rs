//! `fanfare env portal`: how the customers' portal of an environment looks, and which sites may embed it.

use anyhow::{Context as _, Result};
use clap::Args;
use fanfare_core::portal::{Colour, LogoUrl, Origin, Portal};
use serde::Serialize;

use super::{open, terminal};
use crate::config::{CommonFlags, MasterKeyFlags, ProfileFlags, StoreFlags};

/// Options of `fanfare env portal`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PortalEnvArgs {
    /// Name of the environment
    #[serde(skip)]
    environment: String,
    /// What stands at the top of its pages
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    name: Option<String>,
    /// Colour of links and main buttons, such as #3648c8
    #[arg(long, value_name = "COLOUR")]
    #[serde(skip)]
    colour: Option<Colour>,
    /// Picture beside the name: an https:// URL
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    logo: Option<LogoUrl>,
    /// Site that may show the portal in a frame, such as https://app.example.com; repeatable, replaces those before
    #[arg(long = "origin", value_name = "ORIGIN")]
    #[serde(skip)]
    origins: Vec<Origin>,
    /// Begin with nothing of what was set before
    #[arg(long)]
    #[serde(skip)]
    reset: bool,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    profiles: ProfileFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

impl PortalEnvArgs {
    /// What it is to be, given what it is.
    fn wish(&self, before: Portal) -> Portal {
        let before = if self.reset { Portal::default() } else { before };
        Portal {
            name: self.name.clone().or(before.name),
            colour: self.colour.or(before.colour),
            logo: self.logo.clone().or(before.logo),
            origins: if self.origins.is_empty() { before.origins } else { self.origins.clone() },
        }
    }
}

/// Changes what is said, and prints all as JSON.
pub(super) async fn run(common: &CommonFlags, args: &PortalEnvArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let configure = open::to_configure(&config).await?;
    let environment = open::named(configure.environments().await?, &args.environment)?;
    let wish = args.wish(environment.portal.clone());
    if wish != environment.portal {
        configure.change_portal(environment.id, wish.clone()).await?;
    }
    let text = serde_json::to_string_pretty(&wish).context("the settings are JSON")?;
    terminal::print(&format!("{text}\n"))
}
