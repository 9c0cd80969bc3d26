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
use rusqlite::params;

use super::{
    SqliteStore,
    query::{one, run},
};

#[async_trait]
impl EnvironmentStore for SqliteStore {
    async fn create_environment(
        &self,
        environment: Environment,
        event_types: Vec<EventType>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| environment::create(tx, &environment, &event_types, &audit)).await
    }

    async fn change_portal(
        &self,
        id: EnvironmentId,
        portal: Portal,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| environment::change_portal(tx, id, &portal, &audit)).await
    }

    async fn environments(&self) -> StoreResult<Vec<Environment>> {
        self.read(environment::list).await
    }

    async fn profiles_in_use(&self) -> StoreResult<BTreeSet<ProfileName>> {
        self.read(environment::profiles_in_use).await
    }

    async fn environment_config(&self, id: EnvironmentId) -> StoreResult<Option<EnvironmentConfig>> {
        self.read(move |conn| environment::config(conn, id)).await
    }

    async fn create_key(&self, key: ApiKey, audit: Audit) -> StoreResult<()> {
        self.write(move |tx| key::create(tx, &key, &audit)).await
    }

    async fn key(&self, hash: [u8; 32]) -> StoreResult<Option<ApiKey>> {
        self.read(move |conn| key::by_hash(conn, hash)).await
    }

    async fn keys(&self, environment: EnvironmentId) -> StoreResult<Vec<ApiKey>> {
        self.read(move |conn| key::of_environment(conn, environment)).await
    }

    async fn revoke_key(&self, id: KeyId, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| key::revoke(tx, id, &audit)).await
    }

    async fn expire_portal_tokens(
        &self,
        application: ApplicationId,
        end: Timestamp,
        audit: Audit,
    ) -> StoreResult<u64> {
        self.write(move |tx| key::expire_portal_tokens(tx, application, end, &audit)).await
    }

    async fn put_event_type(
        &self,
        event_type: EventType,
        replace: bool,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        self.write(move |tx| event_type::put(tx, &event_type, replace, &audit)).await
    }

    async fn event_types(
        &self,
        environment: EnvironmentId,
        query: EventTypeQuery,
        page: PageQuery<EventTypeName>,
    ) -> StoreResult<Page<EventType>> {
        self.read(move |conn| event_type::page_of(conn, environment, &query, &page)).await
    }

    async fn expunge_event_type(
        &self,
        name: EventTypeName,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| event_type::expunge(tx, &name, &audit)).await
    }

    async fn keep_profile(&self, hash: ProfileHash, text: String) -> StoreResult<()> {
        self.write(move |tx| {
            let sql = "INSERT INTO profiles (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING";
            run(tx, sql, params![hash.0, text]).map(drop)
        })
        .await
    }

    async fn profile(&self, hash: ProfileHash) -> StoreResult<Option<String>> {
        let sql = "SELECT text FROM profiles WHERE hash = ?";
        self.read(move |conn| one(conn, sql, params![hash.0], |row| row.get(0))).await
    }

    async fn remember_answer(
        &self,
        key: [u8; 32],
        answer: RememberedAnswer,
        expires_at: Timestamp,
    ) -> StoreResult<()> {
        self.write(move |tx| answer::remember(tx, key, &answer, expires_at)).await
    }

    async fn remembered_answer(
        &self,
        key: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<RememberedAnswer>> {
        self.read(move |conn| answer::remembered(conn, key, now)).await
    }
}
