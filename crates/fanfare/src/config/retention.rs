//! `[retention]`: how long things are kept.

use clap::Args;
use fanfare_core::limits::RETENTION_DAYS;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The longest retention: beyond it nobody can say what a day number means.
const MOST_DAYS: u32 = 36_500;

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RetentionFlags {
    /// Days that messages and attempts are kept, at least 1 [default: 90]
    #[arg(
        long = "retention-days",
        value_name = "DAYS",
        env = "FANFARE_RETENTION_DAYS",
        hide_env_values = true,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS))
    )]
    #[serde(rename = "days", skip_serializing_if = "Option::is_none")]
    pub(crate) retention_days: Option<u32>,
}

/// How long things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RetentionConfig {
    /// Days that messages and attempts are kept.
    #[serde(deserialize_with = "days")]
    pub(crate) days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { days: RETENTION_DAYS }
    }
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(from)?;
    if (1..=MOST_DAYS).contains(&days) {
        return Ok(days);
    }
    Err(D::Error::custom(format!("{days} is not between 1 and {MOST_DAYS} days")))
}
