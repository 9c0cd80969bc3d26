//! `fanfare key create`: a new API key.

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanfare_core::environment::{KeyMode, Role};
use serde::Serialize;

use super::open;
use crate::config::{CommonFlags, MasterKeyFlags, StoreFlags};

/// Options of `fanfare key create`.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct CreateKeyArgs {
    /// Environment that the key opens
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    env: String,
    /// What its holder may do
    #[arg(long, value_enum, default_value_t = KeyRole::Admin)]
    #[serde(skip)]
    role: KeyRole,
    /// Whether what its holder does counts
    #[arg(long, value_enum, default_value_t = Mode::Live)]
    #[serde(skip)]
    mode: Mode,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// The roles that a key can be made with; portal tokens are made through the API.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KeyRole {
    /// Everything in the environment
    Admin,
    /// Post messages, and read
    Publisher,
    /// Read
    Viewer,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Does what its role allows
    Live,
    /// Reads, and is shown what its messages would send; nothing is stored, nothing is sent
    Test,
}

impl From<Mode> for KeyMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Live => Self::Live,
            Mode::Test => Self::Test,
        }
    }
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Admin => Self::Admin,
            KeyRole::Publisher => Self::Publisher,
            KeyRole::Viewer => Self::Viewer,
        }
    }
}

/// Makes the key and prints it and nothing else.
pub(super) async fn run(common: &CommonFlags, args: &CreateKeyArgs) -> Result<()> {
    let config = super::begin(common, args)?;
    let configure = open::to_configure(&config).await?;
    let environment = open::named(configure.environments().await?, &args.env)?;
    let key = configure.create_key_in(args.mode.into(), environment.id, args.role.into()).await?;
    open::show_key(&key, &environment)
}
