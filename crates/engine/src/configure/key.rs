//! Keys and portal tokens: the token text is shown once, the store keeps its SHA-256.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fanfare_core::{
    application::Application,
    environment::{ApiKey, KeyMode, Role},
    id::{ApplicationId, EnvironmentId, KeyId},
    limits::PORTAL_TOKEN,
    name::FeatureFlag,
    secret::Secret,
};
use sha2::{Digest, Sha256};

use super::{Configure, ConfigureError};

/// Random bytes in a token.
const TOKEN_BYTES: usize = 32;

/// A key just made, with its token: the only time that the token can be seen.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What the store keeps.
    pub key: ApiKey,
    /// What its holder sends as `Authorization: Bearer …`.
    pub token: Secret,
}

/// The hash by which the store knows a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Configure {
    /// Makes a key of an environment. Portal tokens come from [`Self::create_portal_token`].
    pub async fn create_key(&self, environment: EnvironmentId, role: Role) -> Result<NewKey, ConfigureError> {
        self.create_key_in(KeyMode::Live, environment, role).await
    }

    /// Makes a key that tries things out, or does them.
    pub async fn create_key_in(
        &self,
        mode: KeyMode,
        environment: EnvironmentId,
        role: Role,
    ) -> Result<NewKey, ConfigureError> {
        if role == Role::Portal {
            let message = "a portal token belongs to an application: make it through app-portal-access";
            return Err(ConfigureError::invalid("role", message));
        }
        let token = self.token(match mode {
            KeyMode::Live => "sk_live_",
            KeyMode::Test => "sk_test_",
        });
        let key = ApiKey { mode, ..self.key(environment, role, &token) };
        let audit = self.audit(environment, None, "key.create", &key.id);
        self.context.store().create_key(key.clone(), audit).await?;
        Ok(NewKey { key, token })
    }

    /// Makes a token for one customer's portal, valid for `lifetime` (at most [`PORTAL_TOKEN`]); one that is
    /// `read_only` changes nothing and sees no secrets.
    pub async fn create_portal_token(
        &self,
        application: &Application,
        feature_flags: Vec<FeatureFlag>,
        read_only: bool,
        lifetime: Duration,
    ) -> Result<NewKey, ConfigureError> {
        let token = self.token("appsk_");
        let mut key = self.key(application.environment, Role::Portal, &token);
        key.application = Some(application.id);
        key.feature_flags = feature_flags;
        key.read_only = read_only;
        key.expires_at = Some(key.created_at + lifetime.min(PORTAL_TOKEN));
        let audit = self.audit(application.environment, Some(application.id), "portal_token.create", &key.id);
        self.context.store().create_key(key.clone(), audit).await?;
        Ok(NewKey { key, token })
    }

    /// Ends all portal tokens of an application after `rest`, and with them the sessions held in their name.
    pub async fn expire_portal_tokens(
        &self,
        application: &Application,
        rest: Duration,
    ) -> Result<u64, ConfigureError> {
        let (environment, id) = (application.environment, application.id);
        let audit = self.audit(environment, Some(id), "portal_token.expire_all", &id);
        let end = self.context.now() + rest;
        Ok(self.context.store().expire_portal_tokens(id, end, audit).await?)
    }

    /// The keys of an environment, oldest first, without portal tokens.
    pub async fn keys(&self, environment: EnvironmentId) -> Result<Vec<ApiKey>, ConfigureError> {
        Ok(self.context.store().keys(environment).await?)
    }

    /// Ends the validity of a key or portal token.
    pub async fn revoke_key(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        id: KeyId,
    ) -> Result<(), ConfigureError> {
        let audit = self.audit(environment, application, "key.revoke", &id);
        let revoked = self.context.store().revoke_key(id, audit).await?;
        revoked.map_err(|error| ConfigureError::of(&error, "the key", "the key"))
    }

    fn key(&self, environment: EnvironmentId, role: Role, token: &Secret) -> ApiKey {
        ApiKey {
            id: self.context.mint(),
            environment,
            hash: token_hash(token.reveal()),
            role,
            mode: KeyMode::Live,
            application: None,
            feature_flags: Vec::new(),
            read_only: false,
            created_at: self.context.now(),
            expires_at: None,
            revoked_at: None,
        }
    }

    fn token(&self, prefix: &str) -> Secret {
        let mut bytes = [0; TOKEN_BYTES];
        self.context.ports.entropy.fill(&mut bytes);
        Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}
