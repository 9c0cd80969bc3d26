//! What requests are verified against, as flags say it: for `verify` and `listen`.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use fanfare_core::{
    auth::Auth,
    profile::Profile,
    secret::Secret,
    verify::{TOLERANCE, Verifier},
};
use serde::Serialize;

use crate::{
    config::{ProfileFlags, ProfilesConfig},
    profile_files,
};

/// What a request should be like.
#[derive(Debug, clap::Args)]
pub(crate) struct ExpectationFlags {
    /// Profile that the requests follow: a name, or a file (with a / or ending in .toml) [default: standard]
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    #[command(flatten)]
    profiles: ProfileFlags,
    /// Secret of the endpoint, or the public key of one; repeatable, as while one replaces another
    #[arg(long = "secret", value_name = "SECRET", env = "FANFARE_SECRET", hide_env_values = true, value_parser = secret)]
    secrets: Vec<Secret>,
    /// Expect `Authorization: Basic …` with this name and password
    #[arg(long, value_name = "USER:PASSWORD", value_parser = secret, group = "authentication")]
    basic: Option<Secret>,
    /// Expect `Authorization: Bearer …` with this token
    #[arg(long, value_name = "TOKEN", value_parser = secret, group = "authentication")]
    bearer: Option<Secret>,
    /// Expect a header with this value
    #[arg(long, value_name = "NAME: VALUE", value_parser = secret, group = "authentication")]
    header: Option<Secret>,
    /// Seconds that the timestamp of a request may be away from now
    #[arg(long, value_name = "SECONDS", default_value_t = TOLERANCE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    tolerance: u64,
    /// Take requests of any age
    #[arg(long, conflicts_with = "tolerance")]
    any_age: bool,
    /// A value that is signed but not part of the request, such as `endpoint.url=https://…`; repeatable
    #[arg(long = "value", value_name = "NAME=TEXT")]
    values: Vec<String>,
}

/// What of these flags the configuration file can say too.
#[derive(Debug, Serialize)]
pub(crate) struct ExpectationSettings<'a> {
    profiles: &'a ProfileFlags,
}

impl ExpectationFlags {
    /// The settings among them.
    pub(crate) fn settings(&self) -> ExpectationSettings<'_> {
        ExpectationSettings { profiles: &self.profiles }
    }

    /// Whether anything was given to compare requests with.
    pub(crate) fn are_given(&self) -> bool {
        let auth = [&self.basic, &self.bearer, &self.header].iter().any(|auth| auth.is_some());
        auth || self.profile.is_some() || !self.secrets.is_empty() || !self.values.is_empty()
    }

    /// The profile.
    pub(crate) fn profile(&self, known: &ProfilesConfig) -> Result<Profile> {
        profile_files::find(self.profile.as_deref().unwrap_or("standard"), known.directory.as_deref())
    }

    /// What verifies requests of that profile.
    pub(crate) fn verifier<'p>(&self, profile: &'p Profile) -> Result<Verifier<'p>> {
        let tolerance = (!self.any_age).then(|| Duration::from_secs(self.tolerance));
        let mut verifier = Verifier::new(profile, &self.secrets).map_err(|why| anyhow!("--secret: {why}"))?;
        verifier = verifier.with_auth(self.auth()?).with_tolerance(tolerance);
        for value in &self.values {
            let (name, text) = value.split_once('=').context("--value is NAME=TEXT")?;
            verifier = verifier.with_value(name, text).map_err(|why| anyhow!("--value: {why}"))?;
        }
        Ok(verifier)
    }

    /// All that was given and must not be shown.
    pub(crate) fn secrets(&self) -> Result<Vec<Secret>> {
        let auth = match self.auth()? {
            Auth::Basic { password, .. } => Some(password),
            Auth::Bearer { token } => Some(token),
            Auth::Header { value, .. } => Some(value),
            Auth::None | Auth::OAuth2(_) => None,
        };
        Ok(self.secrets.iter().cloned().chain(auth).collect())
    }

    fn auth(&self) -> Result<Auth> {
        let split = |text: &Secret, at: char| {
            let parts = text.reveal().split_once(at);
            parts.map(|(left, right)| (left.to_owned(), Secret::new(right.trim_start())))
        };
        if let Some(pair) = &self.basic {
            let (username, password) = split(pair, ':').context("--basic is USER:PASSWORD")?;
            return Ok(Auth::Basic { username: Secret::new(username), password });
        }
        if let Some(token) = &self.bearer {
            return Ok(Auth::Bearer { token: token.clone() });
        }
        match &self.header {
            Some(header) => {
                let (name, value) = split(header, ':').context("--header is `NAME: VALUE`")?;
                Ok(Auth::Header { name, value })
            }
            None => Ok(Auth::None),
        }
    }
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}
