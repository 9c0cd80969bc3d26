//! Environments: made once by whoever runs the server.

use std::sync::Arc;

use fanfare_core::{
    environment::{Environment, EventType},
    id::EnvironmentId,
    limits::{NAME_CHARS, PORTAL_NAME_CHARS, PORTAL_ORIGINS},
    name::ProfileName,
    portal::Portal,
    ports::store::{EnvironmentConfig, StoreError},
    profile::Profile,
    time::Timestamp,
};

use super::{
    Configure, ConfigureError,
    event_type::{EventTypeDraft, check_names},
};

impl Configure {
    /// Makes an environment whose messages are rendered with `profile`, which this process must know; its
    /// catalogue begins with the profile's event types.
    pub async fn create_environment(
        &self,
        name: &str,
        profile: &ProfileName,
    ) -> Result<Environment, ConfigureError> {
        check_name(name)?;
        let known = self.context.profiles.named(profile).ok_or_else(|| {
            let known: Vec<_> = self.context.profiles.all().map(|known| known.name.as_str()).collect();
            let message = format!("no profile is named {profile}; there are: {}", known.join(", "));
            ConfigureError::invalid("profile", message)
        })?;
        let environment = Environment {
            id: self.context.mint(),
            name: name.to_owned(),
            profile: profile.clone(),
            portal: Portal::default(),
            created_at: self.context.now(),
        };
        let types = catalogue(known, environment.created_at)?;
        let audit = self.audit(environment.id, None, "environment.create", &environment.id);
        let made = self.context.store().create_environment(environment.clone(), types, audit).await?;
        made.map_err(|error| ConfigureError::of(&error, "the environment", "the environment's name"))?;
        Ok(environment)
    }

    /// Replaces how the portal of an environment looks, and who may frame it.
    pub async fn change_portal(&self, id: EnvironmentId, portal: Portal) -> Result<(), ConfigureError> {
        if let Some(name) = &portal.name {
            let fits = !name.trim().is_empty()
                && name.chars().count() <= PORTAL_NAME_CHARS
                && !name.chars().any(char::is_control);
            if !fits {
                let message =
                    format!("must have 1 to {PORTAL_NAME_CHARS} characters and no control characters");
                return Err(ConfigureError::invalid("name", message));
            }
        }
        if !portal.fits() {
            return Err(ConfigureError::invalid("origins", format!("must be at most {PORTAL_ORIGINS}")));
        }
        let audit = self.audit(id, None, "portal.update", &id);
        let changed = self.context.store().change_portal(id, portal, audit).await?;
        changed.map_err(|error| ConfigureError::of(&error, "the environment", "the environment's name"))
    }

    /// All environments, by name.
    pub async fn environments(&self) -> Result<Vec<Environment>, ConfigureError> {
        Ok(self.context.store().environments().await?)
    }

    /// The environment of that name.
    pub async fn environment_named(&self, name: &str) -> Result<Environment, ConfigureError> {
        let mut all = self.environments().await?.into_iter();
        all.find(|environment| environment.name == name).ok_or(ConfigureError::NotFound("the environment"))
    }

    pub(super) async fn environment_config(
        &self,
        id: EnvironmentId,
    ) -> Result<EnvironmentConfig, ConfigureError> {
        let config = self.context.store().environment_config(id).await?;
        config.ok_or(ConfigureError::NotFound("the environment"))
    }

    pub(super) fn profile_of(&self, environment: &Environment) -> Result<&Arc<Profile>, ConfigureError> {
        self.context.profiles.named(&environment.profile).ok_or_else(|| {
            let Environment { name, profile, .. } = environment;
            let of = format!("environment {name}");
            ConfigureError::Store(StoreError::ProfileUnknown { of, profile: profile.clone() })
        })
    }
}

/// The event types that an environment under this profile begins with.
fn catalogue(profile: &Profile, now: Timestamp) -> Result<Vec<EventType>, ConfigureError> {
    let mut types: Vec<EventType> = Vec::new();
    for kind in &profile.events.types {
        let draft = EventTypeDraft::from(kind);
        let wrong = |error: ConfigureError| {
            let message = format!("event type {} of profile {}: {error}", kind.name, profile.name);
            ConfigureError::invalid("profile", message)
        };
        draft.check().map_err(wrong)?;
        let event_type = draft.named(kind.name.clone(), now, now);
        check_names(&event_type, &types).map_err(wrong)?;
        if types.iter().any(|other| other.name == event_type.name) {
            return Err(wrong(ConfigureError::Taken("the name")));
        }
        types.push(event_type);
    }
    Ok(types)
}

fn check_name(name: &str) -> Result<(), ConfigureError> {
    let fits = !name.trim().is_empty() && name.len() <= NAME_CHARS && !name.chars().any(char::is_control);
    if fits {
        return Ok(());
    }
    let message = format!("must have 1 to {NAME_CHARS} bytes and no control characters");
    Err(ConfigureError::invalid("name", message))
}
