//! Making an endpoint.

use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, EndpointKind, SealedKey},
    id::EndpointId,
    ports::store::ChangeError,
    profile::Profile,
    secret::{Sealed, Secret},
};

use super::{AuthDraft, EndpointDraft, KEY, Userinfo, WHAT, rules};
use crate::{
    configure::{Configure, ConfigureError},
    context::field,
};

/// An endpoint to be made.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// What can be chosen.
    pub draft: EndpointDraft,
    /// Whether requests leave the process.
    pub kind: EndpointKind,
    /// The signing secret; none has one made, where the profile says so.
    pub secret: Option<Secret>,
    /// Custom headers.
    pub headers: Vec<(String, Secret)>,
}

impl NewEndpoint {
    /// An endpoint reached over the network that chooses no secret and has no custom headers.
    pub fn http(draft: EndpointDraft) -> Self {
        Self { draft, kind: EndpointKind::Http, secret: None, headers: Vec::new() }
    }

    /// An endpoint kept by the built-in inbox.
    pub fn inbox(draft: EndpointDraft) -> Self {
        Self { kind: EndpointKind::Inbox, ..Self::http(draft) }
    }
}

impl Configure {
    /// Makes an endpoint.
    pub async fn create_endpoint(
        &self,
        application: &Application,
        mut new: NewEndpoint,
    ) -> Result<Endpoint, ConfigureError> {
        let config = self.environment_config(application.environment).await?;
        new.draft.event_filter = self.canonical_filter(&config, new.draft.event_filter)?;
        self.check_choice(None, new.draft.profile.as_ref())?;
        let profile = self.profile_named(&config, new.draft.profile.as_ref())?;
        self.check_actor(profile)?;
        new.draft.check(None)?;
        new.draft.check_kind(new.kind)?;
        let stays_inside = self.stays_inside(new.kind, &new.draft.url);
        new.draft.check_profile(None, stays_inside, profile)?;
        new.draft.check_types(None, &config, self.actor.feature_flags.as_deref())?;
        let endpoint = self.new_endpoint(application, new, profile)?;
        let audit =
            self.audit(application.environment, Some(application.id), "endpoint.create", &endpoint.id);
        let most = rules::most(&endpoint, profile);
        let made = self.context.store().create_endpoint(endpoint.clone(), most, audit).await?;
        made.map_err(|error| match error {
            ChangeError::NotFound => ConfigureError::NotFound("the application"),
            ChangeError::Full => rules::full(&endpoint, profile),
            error => ConfigureError::of(&error, WHAT, KEY),
        })?;
        Ok(endpoint)
    }

    fn new_endpoint(
        &self,
        application: &Application,
        new: NewEndpoint,
        profile: &Profile,
    ) -> Result<Endpoint, ConfigureError> {
        let NewEndpoint { mut draft, kind, secret, headers } = new;
        let (id, now): (EndpointId, _) = (self.context.mint(), self.context.now());
        let mut endpoint = Endpoint {
            profile: None,
            scope: None,
            filter: None,
            auth: Default::default(),
            auth_credentials: None,
            verify_tls: true,
            id,
            application: application.id,
            uid: None,
            url: draft.url.clone(),
            kind,
            mode: draft.mode,
            method: draft.method,
            description: String::new(),
            version: draft.version,
            event_filter: draft.event_filter.clone(),
            channels: None,
            metadata: Default::default(),
            rate_limit: None,
            max_concurrency: None,
            ordered: false,
            timeout: None,
            retry_schedule: None,
            disabled: None,
            paused: false,
            keys: self.first_key(application, id, profile, secret.as_ref())?.into_iter().collect(),
            headers: self.seal_headers(application, id, profile, &headers)?,
            userinfo: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            revision: 1,
        };
        let userinfo = std::mem::take(&mut draft.userinfo);
        endpoint.userinfo = self.seal_userinfo(application, id, userinfo, None)?;
        let auth = std::mem::replace(&mut draft.auth, AuthDraft::Kept);
        draft.apply(&mut endpoint, now);
        self.set_auth(application, &mut endpoint, auth, None, profile)?;
        Ok(endpoint)
    }

    /// The key of the secret that was chosen; of one of our making where the profile wants one from the start.
    pub(super) fn first_key(
        &self,
        application: &Application,
        id: EndpointId,
        profile: &Profile,
        wish: Option<&Secret>,
    ) -> Result<Option<SealedKey>, ConfigureError> {
        if wish.is_none() && !profile.secrets.on_create {
            return Ok(None);
        }
        let secret = self.secret(profile, wish, "secret")?;
        Ok(Some(SealedKey {
            number: 1,
            secret: self.context.seal(&secret, application.environment, id.0, field::SECRET),
            created_at: self.context.now(),
            expires_at: None,
        }))
    }

    pub(super) fn seal_userinfo(
        &self,
        application: &Application,
        id: EndpointId,
        userinfo: Userinfo,
        before: Option<Sealed>,
    ) -> Result<Option<Sealed>, ConfigureError> {
        match userinfo {
            Userinfo::None => Ok(None),
            Userinfo::New(text) => {
                Ok(Some(self.context.seal(&text, application.environment, id.0, field::USERINFO)))
            }
            Userinfo::Kept if before.is_some() => Ok(before),
            Userinfo::Kept => {
                let message = "*** stands for a user name and password, but this endpoint has none";
                Err(ConfigureError::invalid("url", message))
            }
        }
    }
}
