//! Applications: the platform's customers.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    delivery::Method,
    environment::Metadata,
    id::{ApplicationId, EnvironmentId},
    name::Uid,
    ports::store::{ChangeError, Named},
};

use super::{Configure, ConfigureError, TRIES, check_metadata, check_rate, check_text};

const WHAT: &str = "the application";
const KEY: &str = "the application's uid";

/// What can be chosen about an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationDraft {
    /// The platform's own id for it.
    pub uid: Option<Uid>,
    /// For people.
    pub name: String,
    /// Messages per second to all its endpoints together, at most.
    pub rate_limit: Option<u16>,
    /// The method of its endpoints' requests; none is the profile's default.
    pub method: Option<Method>,
    /// Whether its messages are delivered at all.
    pub webhooks_enabled: bool,
    /// Free-form labels.
    pub metadata: Metadata,
}

impl Default for ApplicationDraft {
    fn default() -> Self {
        Self {
            uid: None,
            name: String::new(),
            rate_limit: None,
            method: None,
            webhooks_enabled: true,
            metadata: Metadata::new(),
        }
    }
}

impl ApplicationDraft {
    fn of(application: &Application) -> Self {
        Self {
            uid: application.uid.clone(),
            name: application.name.clone(),
            rate_limit: application.rate_limit,
            method: application.method,
            webhooks_enabled: application.webhooks_enabled,
            metadata: application.metadata.clone(),
        }
    }

    fn check(&self) -> Result<(), ConfigureError> {
        if self.name.is_empty() {
            return Err(ConfigureError::invalid("name", "must not be empty"));
        }
        check_text("name", &self.name)?;
        check_rate("throttleRate", self.rate_limit)?;
        check_metadata(&self.metadata)
    }

    fn apply(self, application: &mut Application) {
        application.uid = self.uid;
        application.name = self.name;
        application.rate_limit = self.rate_limit;
        application.method = self.method;
        application.webhooks_enabled = self.webhooks_enabled;
        application.metadata = self.metadata;
    }
}

impl Configure {
    /// Makes an application.
    pub async fn create_application(
        &self,
        environment: EnvironmentId,
        draft: ApplicationDraft,
    ) -> Result<Application, ConfigureError> {
        draft.check()?;
        self.check_method(environment, draft.method, None).await?;
        let now = self.context.now();
        let application = Application {
            id: self.context.mint(),
            environment,
            uid: draft.uid,
            name: draft.name,
            rate_limit: draft.rate_limit,
            method: draft.method,
            webhooks_enabled: draft.webhooks_enabled,
            metadata: draft.metadata,
            created_at: now,
            updated_at: now,
        };
        let audit = self.audit(environment, Some(application.id), "application.create", &application.id);
        let made = self.context.store().create_application(application.clone(), audit).await?;
        made.map_err(|error| ConfigureError::of(&error, WHAT, KEY))?;
        Ok(application)
    }

    /// Changes an application: `change` is applied to what is there now, and again if somebody was faster.
    pub async fn change_application(
        &self,
        environment: EnvironmentId,
        name: &Named<ApplicationId>,
        change: impl Fn(&mut ApplicationDraft) + Send + Sync,
    ) -> Result<Application, ConfigureError> {
        let mut name = name.clone();
        for _ in 0..TRIES {
            let mut application = self.application(environment, name).await?;
            let mut draft = ApplicationDraft::of(&application);
            change(&mut draft);
            draft.check()?;
            self.check_method(environment, draft.method, application.method).await?;
            draft.apply(&mut application);
            let seen = application.updated_at;
            // The time of the last change tells versions apart, so it must differ also on a coarse clock.
            application.updated_at = self.context.now().max(seen + Duration::from_micros(1));
            let audit = self.audit(environment, Some(application.id), "application.update", &application.id);
            let store = self.context.store();
            match store.update_application(application.clone(), seen, audit).await? {
                Ok(()) => return Ok(application),
                Err(ChangeError::Stale) => name = Named::Id(application.id),
                Err(error) => return Err(ConfigureError::of(&error, WHAT, KEY)),
            }
        }
        Err(ConfigureError::Contended)
    }

    /// Deletes an application with all that is in it.
    pub async fn delete_application(
        &self,
        environment: EnvironmentId,
        name: &Named<ApplicationId>,
    ) -> Result<(), ConfigureError> {
        let application = self.application(environment, name.clone()).await?;
        let audit = self.audit(environment, Some(application.id), "application.delete", &application.id);
        let deleted = self.context.store().delete_application(application.id, audit).await?;
        deleted.map_err(|error| ConfigureError::of(&error, WHAT, KEY))
    }

    /// An application of this environment.
    pub async fn application(
        &self,
        environment: EnvironmentId,
        name: Named<ApplicationId>,
    ) -> Result<Application, ConfigureError> {
        let found = self.context.store().application(environment, name).await?;
        found.ok_or(ConfigureError::NotFound(WHAT))
    }

    /// A method must be one that the environment's profile allows; the one that is there may stay (TAL-5).
    async fn check_method(
        &self,
        environment: EnvironmentId,
        wanted: Option<Method>,
        before: Option<Method>,
    ) -> Result<(), ConfigureError> {
        let Some(method) = wanted.filter(|_| wanted != before) else { return Ok(()) };
        let config = self.environment_config(environment).await?;
        let profile = self.profile_of(&config.environment)?;
        if profile.methods.contains(&method) {
            return Ok(());
        }
        let allowed: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
        let message = format!("must be one that profile {} allows: {}", profile.name, allowed.join(", "));
        Err(ConfigureError::invalid("method", message))
    }
}
