//! `[log]`: how loud the logs are and what they look like.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct LogFlags {
    /// Form of the logs, which go to standard error [default: text]
    #[arg(
        long = "log-format",
        global = true,
        value_name = "FORMAT",
        env = "FANFARE_LOG_FORMAT",
        hide_env_values = true
    )]
    #[serde(rename = "format", skip_serializing_if = "Option::is_none")]
    pub(crate) log_format: Option<LogFormat>,

    /// error, warn, info, debug or trace; also per part: `info,fanfare_engine=debug` [default: info]
    #[arg(
        long = "log-level",
        global = true,
        value_name = "LEVEL",
        env = "FANFARE_LOG_LEVEL",
        hide_env_values = true
    )]
    #[serde(rename = "level", skip_serializing_if = "Option::is_none")]
    pub(crate) log_level: Option<String>,
}

/// How loud the logs are and what they look like.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LogConfig {
    /// Their form.
    pub(crate) format: LogFormat,
    /// A level, or several by part.
    pub(crate) level: String,
}

/// The form of the logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}
