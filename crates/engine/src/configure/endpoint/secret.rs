//! Signing secrets of an endpoint: reading and rotating.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, SealedKey},
    id::EndpointId,
    limits::{ENDPOINT_KEYS, ROTATION_OVERLAP_MOST},
    ports::store::{Named, StoreError},
    profile::Profile,
    secret::Secret,
};

use super::headers;
use crate::{
    configure::{Configure, ConfigureError},
    context::field,
};

impl Configure {
    /// What a receiver needs to verify an endpoint's newest signature: the secret, or the public key. Only
    /// where the profile lets it be read.
    pub async fn endpoint_secret(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
    ) -> Result<Secret, ConfigureError> {
        let endpoint = self.endpoint(application, name.clone()).await?;
        let profile = self.endpoint_profile(application, &endpoint).await?;
        if !profile.secrets.retrievable {
            let name = &profile.name;
            let message =
                format!("Profile {name} shows no secret again once it is set: rotate it if it was lost");
            return Err(ConfigureError::Forbidden(message));
        }
        self.fresh_secret(application, &endpoint, &profile)
    }

    /// The same for somebody who asked to see it: the audit log says so.
    pub async fn reveal_endpoint_secret(
        &self,
        application: &Application,
        endpoint: EndpointId,
    ) -> Result<Secret, ConfigureError> {
        let secret = self.endpoint_secret(application, &Named::Id(endpoint)).await?;
        let audit =
            self.audit(application.environment, Some(application.id), "endpoint.reveal_secret", &endpoint);
        self.context.store().note(audit).await?;
        Ok(secret)
    }

    /// What a receiver needs of a secret set just now, whether or not it can be read again.
    pub fn fresh_secret(
        &self,
        application: &Application,
        endpoint: &Endpoint,
        profile: &Profile,
    ) -> Result<Secret, ConfigureError> {
        let newest = endpoint.keys.last().ok_or(ConfigureError::NotFound("the endpoint's secret"))?;
        let secret = self.open_key(application, endpoint, newest)?;
        Ok(profile.verification_key(&secret))
    }

    /// Gives an endpoint a new secret (made by us where none is given); the old one is valid beside it for
    /// `overlap`, by default for as long as the profile says.
    pub async fn rotate_endpoint_secret(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        secret: Option<Secret>,
        overlap: Option<Duration>,
    ) -> Result<Endpoint, ConfigureError> {
        if overlap.is_some_and(|overlap| overlap > ROTATION_OVERLAP_MOST) {
            let message = format!("must be at most {}", ROTATION_OVERLAP_MOST.as_secs());
            return Err(ConfigureError::invalid("gracePeriodSeconds", message));
        }
        self.rewrite_endpoint(application, name, "endpoint.rotate_secret", |endpoint, under| {
            let secret = self.secret(under.profile, secret.as_ref(), "key")?;
            let overlap = overlap.unwrap_or(under.profile.secrets.overlap);
            self.add_key(application, endpoint, &secret, overlap)
        })
        .await
    }

    /// Checks that what an endpoint signs and is sent with fits the profile that it comes under, and gives it
    /// a secret where that profile wants one.
    pub(super) fn move_secrets(
        &self,
        application: &Application,
        endpoint: &mut Endpoint,
        profile: &Profile,
    ) -> Result<(), ConfigureError> {
        let now = self.context.now();
        endpoint.keys.retain(|key| key.expires_at.is_none_or(|end| now < end));
        for key in &endpoint.keys {
            let secret = self.open_key(application, endpoint, key)?;
            profile.check_existing_secret(&secret).map_err(|error| {
                let name = &profile.name;
                let message = format!("the endpoint's secret does not fit profile {name}: {error}. Make a new endpoint under it, or first rotate (with no overlap) to a secret that fits both");
                ConfigureError::invalid("profile", message)
            })?;
        }
        if endpoint.keys.is_empty() {
            endpoint.keys.extend(self.first_key(application, endpoint.id, profile, None)?);
        }
        let headers = self.endpoint_headers(application, endpoint)?;
        headers::check(&headers, profile)
    }

    fn add_key(
        &self,
        application: &Application,
        endpoint: &mut Endpoint,
        secret: &Secret,
        overlap: Duration,
    ) -> Result<(), ConfigureError> {
        let now = self.context.now();
        let number = endpoint.keys.last().map_or(1, |newest| newest.number + 1);
        if let Some(newest) = endpoint.keys.last()
            && self.open_key(application, endpoint, newest)? == *secret
        {
            return Err(ConfigureError::invalid("key", "is the endpoint's secret already"));
        }
        if let Some(newest) = endpoint.keys.last_mut() {
            newest.expires_at = Some(now + overlap);
        }
        endpoint.keys.retain(|key| key.expires_at.is_some_and(|end| now < end));
        if endpoint.keys.len() >= ENDPOINT_KEYS {
            return Err(ConfigureError::Limit(format!(
                "{ENDPOINT_KEYS} secrets sign for this endpoint already: wait until one has expired"
            )));
        }
        endpoint.keys.push(SealedKey {
            number,
            secret: self.context.seal(secret, application.environment, endpoint.id.0, field::SECRET),
            created_at: now,
            expires_at: None,
        });
        Ok(())
    }

    /// The secret that was asked for, in its canonical text, or a new one.
    pub(super) fn secret(
        &self,
        profile: &Profile,
        wish: Option<&Secret>,
        field: &'static str,
    ) -> Result<Secret, ConfigureError> {
        match wish {
            None => Ok(profile.generate_secret(&*self.context.ports.entropy)),
            Some(text) => profile
                .check_secret(text.reveal())
                .map_err(|error| ConfigureError::invalid(field, error.to_string())),
        }
    }

    fn open_key(
        &self,
        application: &Application,
        endpoint: &Endpoint,
        key: &SealedKey,
    ) -> Result<Secret, ConfigureError> {
        let opened = self.context.open(&key.secret, application.environment, endpoint.id.0, field::SECRET);
        opened.map_err(|error| {
            let message = format!("secret {} of {} does not open: {error}", key.number, endpoint.id);
            ConfigureError::Store(StoreError::Broken(message))
        })
    }
}
