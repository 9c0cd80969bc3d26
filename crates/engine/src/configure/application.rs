//! Applications: the platform's customers.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    environment::Metadata,
    id::{ApplicationId, EnvironmentId},
    name::Uid,
    ports::store::{ChangeError, Named},
};

use super::{Configure, ConfigureError, TRIES, check_metadata, check_rate, check_text};

const WHAT: &str = "the application";
const KEY: &str = "the application's uid";

/// What can be chosen about an application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationDraft {
    /// The platform's own id for it.
    pub uid: Option<Uid>,
    /// For people.
    pub name: String,
    /// Messages per second to all its endpoints together, at most.
    pub rate_limit: Option<u16>,
    /// Free-form labels.
    pub metadata: Metadata,
}

impl ApplicationDraft {
    fn of(application: &Application) -> Self {
        Self {
            uid: application.uid.clone(),
            name: application.name.clone(),
            rate_limit: application.rate_limit,
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
        let now = self.context.now();
        let application = Application {
            method: None,
            webhooks_enabled: true,
            id: self.context.mint(),
            environment,
            uid: draft.uid,
            name: draft.name,
            rate_limit: draft.rate_limit,
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
}
