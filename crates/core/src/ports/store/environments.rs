//! Environments, keys, event types, profiles' texts, remembered answers.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{Page, PageQuery, StoreResult};
use crate::{
    environment::{ApiKey, Environment, EventType},
    id::{ApplicationId, AuditId, EnvironmentId, KeyId},
    message::ProfileHash,
    name::{EventTypeName, FeatureFlag, ProfileName},
    portal::Portal,
    secret::Sealed,
    time::Timestamp,
};

/// Who changes what when: written as an audit row in the same transaction as the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The row's id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// The environment concerned.
    pub environment: EnvironmentId,
    /// The application concerned, if one is.
    pub application: Option<ApplicationId>,
    /// Who: a key's id, `cli`, or `engine`.
    pub actor: String,
    /// What, as noun and verb: `endpoint.rotate_secret`.
    pub action: &'static str,
    /// The id or name of what was changed.
    pub target: String,
    /// Anything more worth knowing; never a secret.
    pub detail: Option<String>,
}

/// What matching and authentication need of an environment, with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentConfig {
    /// The environment.
    pub environment: Environment,
    /// Grows with every change to the environment, its event types or keys.
    pub version: u64,
    /// Its catalogue, by name.
    pub event_types: Vec<EventType>,
}

impl EnvironmentConfig {
    /// The other spellings of its types' names, each with the name that it stands for.
    pub fn aliases(&self) -> BTreeMap<EventTypeName, EventTypeName> {
        let of = |kind: &EventType| {
            let name = kind.name.clone();
            kind.aliases.clone().into_iter().map(move |alias| (alias, name.clone()))
        };
        self.event_types.iter().flat_map(of).collect()
    }
}

/// Why a configuration change was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The name, uid or id is taken.
    #[error("it exists already")]
    Taken,
    /// It is not there (any more).
    #[error("it does not exist")]
    NotFound,
    /// It was changed by somebody else since it was read: read it again, then try again.
    #[error("it was changed meanwhile")]
    Stale,
    /// There are as many of its kind as may be.
    #[error("there are as many as may be")]
    Full,
    /// A limit would be passed; the text names it.
    #[error("{0}")]
    Limit(&'static str),
}

/// Narrows a list of event types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypeQuery {
    /// Also archived ones.
    pub archived: bool,
    /// Only ones without a feature flag or with one of these; none means all.
    pub feature_flags: Option<Vec<FeatureFlag>>,
}

/// An answer kept for an `idempotency-key` on anything but a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedAnswer {
    /// The status code.
    pub status: u16,
    /// The body, sealed: it may hold a token.
    pub body: Sealed,
}

/// Environments and what belongs to them directly.
#[async_trait]
pub trait EnvironmentStore: Send + Sync {
    /// Makes an environment with these event types. [`ChangeError::Taken`] if the name is.
    async fn create_environment(
        &self,
        environment: Environment,
        event_types: Vec<EventType>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Replaces how the portal of an environment looks. [`ChangeError::NotFound`] if there is no such environment.
    async fn change_portal(
        &self,
        id: EnvironmentId,
        portal: Portal,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// All environments, by name.
    async fn environments(&self) -> StoreResult<Vec<Environment>>;

    /// The profiles of all environments, and those that endpoints have of their own.
    async fn profiles_in_use(&self) -> StoreResult<BTreeSet<ProfileName>>;

    /// An environment with its catalogue.
    async fn environment_config(&self, id: EnvironmentId) -> StoreResult<Option<EnvironmentConfig>>;

    /// Adds a key or portal token.
    async fn create_key(&self, key: ApiKey, audit: Audit) -> StoreResult<()>;

    /// The key with the given hash, valid or not.
    async fn key(&self, hash: [u8; 32]) -> StoreResult<Option<ApiKey>>;

    /// The keys of an environment, oldest first; portal tokens (`Role::Portal`) are left out.
    async fn keys(&self, environment: EnvironmentId) -> StoreResult<Vec<ApiKey>>;

    /// Ends a key's validity. [`ChangeError::NotFound`] if the environment has no such key.
    async fn revoke_key(&self, id: KeyId, audit: Audit) -> StoreResult<Result<(), ChangeError>>;

    /// Lets all portal tokens of an application end at `end`, if they would live longer; tells how many.
    async fn expire_portal_tokens(
        &self,
        application: ApplicationId,
        end: Timestamp,
        audit: Audit,
    ) -> StoreResult<u64>;

    /// Adds an event type, or replaces the one of that name where `replace` says so; tells whether it was
    /// there before. [`ChangeError::Taken`] where it was there, is not archived and may not be replaced, and
    /// where another one goes by one of its names ([`EventType::clash`]).
    async fn put_event_type(
        &self,
        event_type: EventType,
        replace: bool,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>>;

    /// A page of the catalogue, by name.
    async fn event_types(
        &self,
        environment: EnvironmentId,
        query: EventTypeQuery,
        page: PageQuery<EventTypeName>,
    ) -> StoreResult<Page<EventType>>;

    /// Erases an event type for good; archiving is a replacement.
    async fn expunge_event_type(
        &self,
        name: EventTypeName,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Keeps a profile's text under its hash; keeping it again changes nothing.
    async fn keep_profile(&self, hash: ProfileHash, text: String) -> StoreResult<()>;

    /// The text of the profile with that hash.
    async fn profile(&self, hash: ProfileHash) -> StoreResult<Option<String>>;

    /// Keeps an answer for `key` (a hash over token, idempotency key and URL) until `expires_at`.
    async fn remember_answer(
        &self,
        key: [u8; 32],
        answer: RememberedAnswer,
        expires_at: Timestamp,
    ) -> StoreResult<()>;

    /// The answer kept for `key`, if it has not expired at `now`.
    async fn remembered_answer(&self, key: [u8; 32], now: Timestamp)
    -> StoreResult<Option<RememberedAnswer>>;
}
