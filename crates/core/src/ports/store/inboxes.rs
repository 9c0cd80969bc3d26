//! Inboxes with an address of their own, and what arrived there.

use async_trait::async_trait;

use super::{Audit, ChangeError, StoreResult};
use crate::{
    id::{ApplicationId, InboxId},
    inbox::{ArrivalSummary, Inbox, InboxToken, NewArrival},
    secret::Sealed,
    time::Timestamp,
};

/// Inboxes. What has expired is erased by [`super::UpkeepStore::retain_payloads`].
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Makes an inbox. [`ChangeError::Full`] where the application has `most` that have not expired when it is
    /// made, [`ChangeError::NotFound`] where there is no such application.
    async fn create_inbox(
        &self,
        inbox: Inbox,
        most: usize,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Replaces what an inbox answers and when it expires.
    async fn change_inbox(&self, inbox: Inbox, audit: Audit) -> StoreResult<Result<(), ChangeError>>;

    /// Deletes an inbox with all that is in it.
    async fn delete_inbox(
        &self,
        application: ApplicationId,
        id: InboxId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// The inboxes of an application that have not expired at `now`, oldest first.
    async fn inboxes(&self, application: ApplicationId, now: Timestamp) -> StoreResult<Vec<Inbox>>;

    /// The inbox with that token, if it has not expired at `now`.
    async fn inbox_at(&self, token: InboxToken, now: Timestamp) -> StoreResult<Option<Inbox>>;

    /// Keeps a request, and of all in its inbox the newest `most`. Tells whether the inbox was there.
    async fn keep_arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        arrival: NewArrival,
        most: usize,
    ) -> StoreResult<bool>;

    /// What arrived at an inbox and is still kept, newest first.
    async fn arrivals(&self, application: ApplicationId, inbox: InboxId) -> StoreResult<Vec<ArrivalSummary>>;

    /// One request of an inbox, by its number.
    async fn arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        number: u64,
    ) -> StoreResult<Option<Sealed>>;
}
