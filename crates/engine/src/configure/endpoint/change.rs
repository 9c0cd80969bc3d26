//! Changing, pausing and deleting an endpoint.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    id::EndpointId,
    ports::store::{ChangeError, Named},
};

use super::{EndpointDraft, KEY, Userinfo, WHAT};
use crate::configure::{Configure, ConfigureError, TRIES};

impl Configure {
    /// Changes what can be chosen: `change` is applied to what is there now, and again if somebody was faster.
    pub async fn change_endpoint(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        change: impl Fn(&mut EndpointDraft) + Send + Sync,
    ) -> Result<Endpoint, ConfigureError> {
        let config = self.environment_config(application.environment).await?;
        let profile = self.profile_of(&config.environment)?;
        let flags = self.actor.feature_flags.as_deref();
        self.rewrite_endpoint(application, name, "endpoint.update", |endpoint| {
            let before = endpoint.userinfo.take();
            let mut draft = EndpointDraft::of(endpoint);
            if before.is_none() {
                draft.userinfo = Userinfo::None;
            }
            change(&mut draft);
            draft.event_filter = self.canonical_filter(&config, draft.event_filter)?;
            draft.check()?;
            draft.check_kind(endpoint.kind)?;
            draft.check_profile(Some(endpoint), endpoint.kind, profile)?;
            draft.check_types(Some(&endpoint.event_filter), &config, flags)?;
            let userinfo = std::mem::take(&mut draft.userinfo);
            endpoint.userinfo = self.seal_userinfo(application, endpoint.id, userinfo, before)?;
            draft.apply(endpoint, self.context.now());
            Ok(())
        })
        .await
    }

    /// Pauses or resumes an endpoint: while paused it goes on collecting and is sent nothing.
    pub async fn set_endpoint_paused(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        paused: bool,
    ) -> Result<Endpoint, ConfigureError> {
        let action = if paused { "endpoint.pause" } else { "endpoint.resume" };
        self.rewrite_endpoint(application, name, action, |endpoint| {
            endpoint.paused = paused;
            Ok(())
        })
        .await
    }

    /// Deletes an endpoint; what waited for it is cancelled.
    pub async fn delete_endpoint(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
    ) -> Result<(), ConfigureError> {
        let endpoint = self.endpoint(application, name.clone()).await?;
        let audit =
            self.audit(application.environment, Some(application.id), "endpoint.delete", &endpoint.id);
        let deleted = self.context.store().delete_endpoint(application.id, endpoint.id, audit).await?;
        deleted.map_err(|error| ConfigureError::of(&error, WHAT, KEY))
    }

    /// An endpoint of this application.
    pub async fn endpoint(
        &self,
        application: &Application,
        name: Named<EndpointId>,
    ) -> Result<Endpoint, ConfigureError> {
        let found = self.context.store().endpoint(application.id, name).await?;
        found.ok_or(ConfigureError::NotFound(WHAT))
    }

    pub(super) async fn rewrite_endpoint(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        action: &'static str,
        rewrite: impl Fn(&mut Endpoint) -> Result<(), ConfigureError> + Send + Sync,
    ) -> Result<Endpoint, ConfigureError> {
        let mut name = name.clone();
        for _ in 0..TRIES {
            let mut endpoint = self.endpoint(application, name).await?;
            rewrite(&mut endpoint)?;
            endpoint.revision += 1;
            endpoint.updated_at = self.context.now().max(endpoint.updated_at + Duration::from_micros(1));
            let audit = self.audit(application.environment, Some(application.id), action, &endpoint.id);
            match self.context.store().update_endpoint(endpoint.clone(), audit).await? {
                Ok(()) => return Ok(endpoint),
                Err(ChangeError::Stale) => name = Named::Id(endpoint.id),
                Err(error) => return Err(ConfigureError::of(&error, WHAT, KEY)),
            }
        }
        Err(ConfigureError::Contended)
    }
}
