//! Changing the configuration: environments, keys, applications, endpoints, event types.
//!
//! The rules of what may be configured live here, free of HTTP, because both the API and the command line
//! change the same store, often from different processes. Each change is one store transaction with its audit
//! row; a change of something that was changed meanwhile is made again on what is there now. A running node
//! must be told by [`crate::Engine::configuration_changed`]; others notice through the store's versions.

pub mod application;
pub mod endpoint;
pub mod environment;
pub mod event_type;
mod inbox;
pub mod key;

use std::sync::Arc;

use fanfare_core::{
    environment::{ApiKey, Metadata},
    id::{ApplicationId, EnvironmentId},
    limits::{METADATA_BYTES, TEXT_BYTES},
    name::FeatureFlag,
    ports::store::{Audit, ChangeError, StoreError},
};

use crate::context::Context;

/// How often a change is made again on what others wrote meanwhile.
const TRIES: usize = 8;

/// Changes the configuration on behalf of somebody.
#[derive(Clone)]
pub struct Configure {
    context: Arc<Context>,
    actor: Actor,
}

/// On whose behalf: named in audit rows.
#[derive(Debug, Clone)]
pub struct Actor {
    name: String,
    /// The feature flags that it has; none sees every event type.
    feature_flags: Option<Vec<FeatureFlag>>,
}

impl Actor {
    /// Somebody at the command line.
    pub fn cli() -> Self {
        Self { name: "cli".to_owned(), feature_flags: None }
    }

    /// The operator of the server, in the console.
    pub fn operator() -> Self {
        Self { name: "operator".to_owned(), feature_flags: None }
    }

    /// The holder of a key or portal token.
    pub fn key(key: &ApiKey) -> Self {
        let flags = key.application.is_some().then(|| key.feature_flags.clone());
        Self { name: key.id.to_string(), feature_flags: flags }
    }

    /// Whether it is a customer, not the platform.
    fn is_portal(&self) -> bool {
        self.feature_flags.is_some()
    }
}

/// Why a change of configuration was not made; sorted by what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    /// What was to be changed, or what it belongs to, is not there.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// A name or uid is taken.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// A value is not allowed; names its field as the API does.
    #[error("{field}: {message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// A value deep in what was given is not allowed.
    #[error("{}: {message}", path.join("."))]
    InvalidIn {
        /// The way to it, as the API names it.
        path: Vec<String>,
        /// What is wrong and what to do.
        message: String,
    },
    /// A limit would be passed.
    #[error("{0}")]
    Limit(String),
    /// Somebody else may, this one may not; says who.
    #[error("{0}")]
    Forbidden(String),
    /// Others change it faster than we can: try again.
    #[error("it is being changed by others: try again")]
    Contended,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfigureError {
    fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    fn of(error: &ChangeError, what: &'static str, key: &'static str) -> Self {
        match error {
            ChangeError::Taken => Self::Taken(key),
            ChangeError::NotFound => Self::NotFound(what),
            ChangeError::Stale => Self::Contended,
            ChangeError::Limit(text) => Self::Limit((*text).to_owned()),
            ChangeError::Full => Self::Limit(format!("there are as many of {what} as may be")),
        }
    }
}

impl Configure {
    /// Changes on behalf of `actor`.
    pub fn new(context: Arc<Context>, actor: Actor) -> Self {
        Self { context, actor }
    }

    /// An audit row for a change made now: `action` is noun and verb, `target` what is changed.
    pub fn audit(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        action: &'static str,
        target: &dyn std::fmt::Display,
    ) -> Audit {
        Audit {
            id: self.context.mint(),
            at: self.context.now(),
            environment,
            application,
            actor: self.actor.name.clone(),
            action,
            target: target.to_string(),
            detail: None,
        }
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), ConfigureError> {
    if text.len() > TEXT_BYTES {
        return Err(ConfigureError::invalid(field, format!("must not be longer than {TEXT_BYTES} bytes")));
    }
    Ok(())
}

fn check_metadata(metadata: &Metadata) -> Result<(), ConfigureError> {
    let size: usize = metadata.iter().map(|(key, value)| key.len() + value.len() + 6).sum();
    if size > METADATA_BYTES {
        let message = format!("must not be larger than {METADATA_BYTES} bytes");
        return Err(ConfigureError::invalid("metadata", message));
    }
    Ok(())
}

fn check_rate(field: &'static str, rate: Option<u16>) -> Result<(), ConfigureError> {
    if rate == Some(0) {
        return Err(ConfigureError::invalid(field, "must be at least 1; pass null for no limit"));
    }
    Ok(())
}
