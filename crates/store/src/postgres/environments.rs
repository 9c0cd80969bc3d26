//! Environments, keys, event types, profiles' texts, remembered answers.

mod answer;
mod environment;
mod event_type;
mod key;

use std::collections::BTreeSet;

use async_trait::async_trait;
use fanfare_core::{
    environment::{ApiKey, Environment, EventType},
    id::{ApplicationId, EnvironmentId, KeyId},
    message::ProfileHash,
    name::{EventTypeName, ProfileName},
    portal::Portal,
    ports::store::{
        Audit, ChangeError, EnvironmentConfig, EnvironmentStore, EventTypeQuery, Page, PageQuery,
        RememberedAnswer, StoreResult,
    },
    time::Timestamp,
};

use super::{
    PostgresStore,
    columns::get,
    connection::transaction,
    query::{one, run, values},
};

#[async_trait]
impl EnvironmentStore for PostgresStore {
    async fn create_environment(
        &self,
        environment: Environment,
        event_types: Vec<EventType>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| environment::create(tx, &environment, &event_types, &audit).await)
    }

    async fn change_portal(
        &self,
        id: EnvironmentId,
        portal: Portal,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| environment::change_portal(tx, id, &portal, &audit).await)
    }

    async fn environments(&self) -> StoreResult<Vec<Environment>> {
        transaction!(self.reading_at_once(), |tx| environment::list(tx).await)
    }

    async fn profiles_in_use(&self) -> StoreResult<BTreeSet<ProfileName>> {
        transaction!(self.reading(), |tx| environment::profiles_in_use(tx).await)
    }

    async fn environment_config(&self, id: EnvironmentId) -> StoreResult<Option<EnvironmentConfig>> {
        transaction!(self.reading_at_once(), |tx| environment::config(tx, id).await)
    }

    async fn create_key(&self, key: ApiKey, audit: Audit) -> StoreResult<()> {
        transaction!(self.writing(), |tx| key::create(tx, &key, &audit).await)
    }

    async fn key(&self, hash: [u8; 32]) -> StoreResult<Option<ApiKey>> {
        transaction!(self.reading_at_once(), |tx| key::by_hash(tx, hash).await)
    }

    async fn keys(&self, environment: EnvironmentId) -> StoreResult<Vec<ApiKey>> {
        transaction!(self.reading(), |tx| key::of_environment(tx, environment).await)
    }

    async fn revoke_key(&self, id: KeyId, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| key::revoke(tx, id, &audit).await)
    }

    async fn expire_portal_tokens(
        &self,
        application: ApplicationId,
        end: Timestamp,
        audit: Audit,
    ) -> StoreResult<u64> {
        transaction!(self.writing(), |tx| key::expire_portal_tokens(tx, application, end, &audit).await)
    }

    async fn put_event_type(
        &self,
        event_type: EventType,
        replace: bool,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        transaction!(self.writing(), |tx| event_type::put(tx, &event_type, replace, &audit).await)
    }

    async fn event_types(
        &self,
        environment: EnvironmentId,
        query: EventTypeQuery,
        page: PageQuery<EventTypeName>,
    ) -> StoreResult<Page<EventType>> {
        transaction!(self.reading(), |tx| event_type::page_of(tx, environment, &query, &page).await)
    }

    async fn expunge_event_type(
        &self,
        name: EventTypeName,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| event_type::expunge(tx, &name, &audit).await)
    }

    async fn keep_profile(&self, hash: ProfileHash, text: String) -> StoreResult<()> {
        transaction!(self.writing(), |tx| {
            let sql = "INSERT INTO profiles (hash, text) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            run(tx, sql, values![hash.0, text.as_str()]).await.map(drop)
        })
    }

    async fn profile(&self, hash: ProfileHash) -> StoreResult<Option<String>> {
        let sql = "SELECT text FROM profiles WHERE hash = $1";
        transaction!(self.reading(), |tx| one(tx, sql, values![hash.0], |row| get(row, 0)).await)
    }

    async fn remember_answer(
        &self,
        key: [u8; 32],
        answer: RememberedAnswer,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        transaction!(self.writing(), |tx| answer::remember(tx, key, &answer, expires_at).await)
    }

    async fn remembered_answer(
        &self,
        key: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<RememberedAnswer>> {
        transaction!(self.reading_at_once(), |tx| answer::remembered(tx, key, now).await)
    }
}
