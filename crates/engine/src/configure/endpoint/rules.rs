//! What a profile says of its endpoints: URLs, methods, subscriptions, scopes, how many, and by whom they may
//! be configured.

use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, EndpointKind, EndpointMode, EventFilter, WebhookUrl},
    name::ProfileName,
    ports::store::EnvironmentConfig,
    profile::{ConfiguredBy, Https, Profile, Subscription},
};
use std::sync::Arc;

use super::EndpointDraft;
use crate::configure::{Configure, ConfigureError};

impl EndpointDraft {
    /// Checks what the profile allows. What the endpoint had under this profile may stay: else one that a later
    /// edition of the profile would refuse could not even be disabled.
    /// What stays inside the process is read by nobody on the way.
    pub(super) fn check_profile(
        &self,
        before: Option<&Endpoint>,
        stays_inside: bool,
        profile: &Profile,
    ) -> Result<(), ConfigureError> {
        let (name, rules) = (&profile.name, &profile.endpoints);
        let url_stays = before.is_some_and(|old| old.url == self.url) || stays_inside;
        if rules.https == Https::Required && !url_stays && self.url.as_url().scheme() != "https" {
            let message = format!("must start with https://: profile {name} takes no others");
            return Err(ConfigureError::invalid("url", message));
        }
        let method_stays = before.is_some_and(|old| old.method == self.method);
        if !method_stays && self.method.is_some_and(|method| !profile.methods.contains(&method)) {
            let allowed: Vec<_> = profile.methods.iter().map(|method| method.as_str()).collect();
            let message = format!("must be one that profile {name} allows: {}", allowed.join(", "));
            return Err(ConfigureError::invalid("method", message));
        }
        let tls_stays = before.is_some_and(|old| !old.verify_tls);
        if !self.verify_tls && !tls_stays && !rules.unverified_tls {
            let message = format!("profile {name} lets no endpoint leave certificates unverified");
            return Err(ConfigureError::invalid("tls.verify", message));
        }
        let scope_stays = before.is_some_and(|old| old.scope == self.scope);
        if self.scope.is_some() && !scope_stays && rules.scope_from.is_none() {
            let message = format!("profile {name} knows no scopes: leave it out");
            return Err(ConfigureError::invalid("scope", message));
        }
        let types_stay = before.is_some_and(|old| old.event_filter == self.event_filter);
        if types_stay { Ok(()) } else { self.check_subscription(profile) }
    }

    fn check_subscription(&self, profile: &Profile) -> Result<(), ConfigureError> {
        use {EventFilter as F, Subscription as S};
        let rule = match (profile.endpoints.subscription, &self.event_filter) {
            (S::Free, _)
            | (S::Wildcard | S::Types, F::Types(_))
            | (S::Wildcard | S::All, F::Wildcard)
            | (S::All, F::Unfiltered) => return Ok(()),
            (S::OneType, F::Types(types)) if types.len() == 1 => return Ok(()),
            (S::Wildcard, F::Unfiltered) => "must name event types, or be [\"*\"] for all of them",
            (S::Types, _) => "must name one event type at least, without the wildcard",
            (S::OneType, _) => "must name exactly one event type",
            (S::All, F::Types(_)) => "cannot be chosen: every endpoint gets all of them; leave it out",
        };
        let message = format!("{rule} (a rule of profile {})", profile.name);
        Err(ConfigureError::invalid("eventTypes", message))
    }
}

impl Configure {
    /// Whether what is sent there never leaves the process.
    pub(super) fn stays_inside(&self, kind: EndpointKind, url: &WebhookUrl) -> bool {
        kind == EndpointKind::Inbox || self.context.is_inbox(url)
    }

    /// The profile of an endpoint that names this one, or none.
    pub(super) fn profile_named(
        &self,
        config: &EnvironmentConfig,
        name: Option<&ProfileName>,
    ) -> Result<&Arc<Profile>, ConfigureError> {
        let Some(name) = name else { return self.profile_of(&config.environment) };
        self.context.profiles.named(name).ok_or_else(|| {
            let known: Vec<_> = self.context.profiles.all().map(|known| known.name.as_str()).collect();
            let message = format!("no profile is named {name}; there are: {}", known.join(", "));
            ConfigureError::invalid("profile", message)
        })
    }

    /// The profile that an endpoint's new messages are rendered with.
    pub async fn endpoint_profile(
        &self,
        application: &Application,
        endpoint: &Endpoint,
    ) -> Result<Arc<Profile>, ConfigureError> {
        let config = self.environment_config(application.environment).await?;
        self.profile_named(&config, endpoint.profile.as_ref()).map(Arc::clone)
    }

    /// Refuses portal tokens where only the platform configures endpoints (JOF-5).
    pub(super) fn check_actor(&self, profile: &Profile) -> Result<(), ConfigureError> {
        if self.actor.is_portal() && profile.endpoints.configured_by == ConfiguredBy::Operator {
            let name = &profile.name;
            return Err(ConfigureError::Forbidden(format!(
                "A portal token may not do this: endpoints of profile {name} are configured by the platform; an admin key may"
            )));
        }
        Ok(())
    }

    /// Refuses portal tokens that would choose the profile, and with it the rules they are bound by.
    pub(super) fn check_choice(
        &self,
        before: Option<&ProfileName>,
        wish: Option<&ProfileName>,
    ) -> Result<(), ConfigureError> {
        if self.actor.is_portal() && before != wish {
            let message = "A portal token may not choose an endpoint's profile; an admin key may";
            return Err(ConfigureError::Forbidden(message.to_owned()));
        }
        Ok(())
    }
}

/// How many endpoints of this one's kind an application may have.
pub(super) fn most(endpoint: &Endpoint, profile: &Profile) -> Option<u16> {
    let rules = &profile.endpoints;
    match (endpoint.mode, &endpoint.scope) {
        (EndpointMode::Test, _) => rules.test_most,
        (EndpointMode::Live, None) => rules.live_most,
        (EndpointMode::Live, Some(_)) => rules.per_scope_most,
    }
}

/// What to say to whom there are as many as may be.
pub(super) fn full(endpoint: &Endpoint, profile: &Profile) -> ConfigureError {
    let most = most(endpoint, profile).unwrap_or_default();
    let kind = match (endpoint.mode, &endpoint.scope) {
        (EndpointMode::Test, _) => "test endpoints in an application".to_owned(),
        (EndpointMode::Live, None) => "live endpoints without a scope in an application".to_owned(),
        (EndpointMode::Live, Some(scope)) => format!("live endpoints with the scope {scope:?}"),
    };
    let name = &profile.name;
    ConfigureError::Limit(format!(
        "profile {name} allows {most} {kind}, and there are as many: change or delete one of them"
    ))
}

/// What is allowed but not advised about an endpoint.
pub fn warnings(endpoint: &Endpoint, profile: &Profile) -> Vec<String> {
    let plain = endpoint.kind == EndpointKind::Http && endpoint.url.as_url().scheme() != "https";
    let mut warnings = Vec::new();
    if profile.endpoints.https == Https::Advised && plain {
        let name = &profile.name;
        warnings.push(format!(
            "url: profile {name} advises https://; http:// sends events and credentials in the clear"
        ));
    }
    if !endpoint.verify_tls {
        warnings.push(
            "tls: the server's certificate is not verified; anybody in between can read and change requests"
                .to_owned(),
        );
    }
    warnings
}
