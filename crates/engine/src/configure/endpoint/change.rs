//! Changing, pausing and deleting an endpoint.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    id::EndpointId,
    ports::store::{ChangeError, EnvironmentConfig, Named},
    profile::Profile,
};

use super::{AuthDraft, EndpointDraft, KEY, Userinfo, WHAT, rules};
use crate::configure::{Configure, ConfigureError, TRIES};

impl Configure {
    /// Changes what can be chosen: `change` is applied to what is there now, and again if somebody was faster.
    pub async fn change_endpoint(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        change: impl Fn(&mut EndpointDraft) + Send + Sync,
    ) -> Result<Endpoint, ConfigureError> {
        self.rewrite_endpoint(application, name, "endpoint.update", |endpoint, under| {
            let before = endpoint.clone();
            let mut draft = EndpointDraft::of(endpoint);
            if before.userinfo.is_none() {
                draft.userinfo = Userinfo::None;
            }
            change(&mut draft);
            draft.event_filter = self.canonical_filter(under.config, draft.event_filter)?;
            self.check_choice(before.profile.as_ref(), draft.profile.as_ref())?;
            let profile = self.profile_named(under.config, draft.profile.as_ref())?;
            let same_profile = profile.hash == under.profile.hash;
            draft.check(Some(&before))?;
            draft.check_kind(endpoint.kind)?;
            let under_it = Some(&before).filter(|_| same_profile);
            let stays_inside = self.stays_inside(endpoint.kind, &draft.url);
            draft.check_profile(under_it, stays_inside, profile)?;
            let flags = self.actor.feature_flags.as_deref();
            draft.check_types(Some(&before.event_filter), under.config, flags)?;
            let userinfo = std::mem::take(&mut draft.userinfo);
            endpoint.userinfo =
                self.seal_userinfo(application, endpoint.id, userinfo, before.userinfo.clone())?;
            let auth = std::mem::replace(&mut draft.auth, AuthDraft::Kept);
            draft.apply(endpoint, self.context.now());
            self.set_auth(application, endpoint, auth, under_it, profile)?;
            if !same_profile {
                self.move_secrets(application, endpoint, profile)?;
            }
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
        self.rewrite_endpoint(application, name, action, |endpoint, _| {
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
        let config = self.environment_config(application.environment).await?;
        self.check_actor(self.profile_named(&config, endpoint.profile.as_ref())?)?;
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
        rewrite: impl Fn(&mut Endpoint, &Under<'_>) -> Result<(), ConfigureError> + Send + Sync,
    ) -> Result<Endpoint, ConfigureError> {
        let mut name = name.clone();
        for _ in 0..TRIES {
            let mut endpoint = self.endpoint(application, name).await?;
            let before = endpoint.clone();
            let config = self.environment_config(application.environment).await?;
            let profile = self.profile_named(&config, endpoint.profile.as_ref())?;
            self.check_actor(profile)?;
            rewrite(&mut endpoint, &Under { config: &config, profile })?;
            let profile = self.profile_named(&config, endpoint.profile.as_ref())?;
            // Who has a place already keeps it, also where a profile allows fewer by now.
            let moves = before.profile != endpoint.profile || !before.is_of_a_kind_with(&endpoint);
            let most = rules::most(&endpoint, profile).filter(|_| moves);
            endpoint.revision += 1;
            endpoint.updated_at = self.context.now().max(endpoint.updated_at + Duration::from_micros(1));
            let audit = self.audit(application.environment, Some(application.id), action, &endpoint.id);
            match self.context.store().update_endpoint(endpoint.clone(), most, audit).await? {
                Ok(()) => return Ok(endpoint),
                Err(ChangeError::Stale) => name = Named::Id(endpoint.id),
                Err(ChangeError::Full) => return Err(rules::full(&endpoint, profile)),
                Err(error) => return Err(ConfigureError::of(&error, WHAT, KEY)),
            }
        }
        Err(ConfigureError::Contended)
    }
}

/// What an endpoint is under as long as it is not changed.
pub(super) struct Under<'a> {
    /// Its environment.
    pub(super) config: &'a EnvironmentConfig,
    /// Its profile.
    pub(super) profile: &'a Profile,
}
