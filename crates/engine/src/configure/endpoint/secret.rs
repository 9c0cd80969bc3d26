//! Signing secrets of an endpoint: reading and rotating.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, SealedKey},
    id::EndpointId,
    limits::{ENDPOINT_KEYS, ROTATION_OVERLAP_MOST},
    ports::store::{EnvironmentConfig, Named, StoreError},
    secret::Secret,
};

use crate::{
    configure::{Configure, ConfigureError},
    context::field,
};

impl Configure {
    /// What a receiver needs to verify an endpoint's newest signature: the secret, or the public key.
    pub async fn endpoint_secret(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
    ) -> Result<Secret, ConfigureError> {
        let endpoint = self.endpoint(application, name.clone()).await?;
        let config = self.environment_config(application.environment).await?;
        let newest = endpoint.keys.last().ok_or(ConfigureError::NotFound("the endpoint's secret"))?;
        let secret = self.open_key(application, &endpoint, newest)?;
        Ok(self.profile_of(&config.environment)?.verification_key(&secret))
    }

    /// Gives an endpoint a new secret (made by us where none is given); the old one signs beside it for
    /// `overlap`.
    pub async fn rotate_endpoint_secret(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        secret: Option<Secret>,
        overlap: Duration,
    ) -> Result<Endpoint, ConfigureError> {
        if overlap > ROTATION_OVERLAP_MOST {
            let message = format!("must be at most {}", ROTATION_OVERLAP_MOST.as_secs());
            return Err(ConfigureError::invalid("gracePeriodSeconds", message));
        }
        let config = self.environment_config(application.environment).await?;
        let secret = self.secret(&config, secret.as_ref(), "key")?;
        self.rewrite_endpoint(application, name, "endpoint.rotate_secret", |endpoint| {
            self.add_key(application, endpoint, &secret, overlap)
        })
        .await
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
        config: &EnvironmentConfig,
        wish: Option<&Secret>,
        field: &'static str,
    ) -> Result<Secret, ConfigureError> {
        let profile = self.profile_of(&config.environment)?;
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
