//! Inboxes of the watched store.

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, InboxId},
    inbox::{ArrivalSummary, Inbox, InboxToken, NewArrival},
    ports::store::*,
    secret::Sealed,
    time::Timestamp,
};

use super::WatchedStore;

#[async_trait]
impl InboxStore for WatchedStore {
    async fn create_inbox(
        &self,
        inbox: Inbox,
        most: usize,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("create_inbox", self.inner.create_inbox(inbox, most, audit)).await
    }

    async fn change_inbox(&self, inbox: Inbox, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.watch("change_inbox", self.inner.change_inbox(inbox, audit)).await
    }

    async fn delete_inbox(
        &self,
        application: ApplicationId,
        id: InboxId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.watch("delete_inbox", self.inner.delete_inbox(application, id, audit)).await
    }

    async fn inboxes(&self, application: ApplicationId, now: Timestamp) -> StoreResult<Vec<Inbox>> {
        self.watch("inboxes", self.inner.inboxes(application, now)).await
    }

    async fn inbox_at(&self, token: InboxToken, now: Timestamp) -> StoreResult<Option<Inbox>> {
        self.watch("inbox_at", self.inner.inbox_at(token, now)).await
    }

    async fn keep_arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        arrival: NewArrival,
        most: usize,
    ) -> StoreResult<bool> {
        self.watch("keep_arrival", self.inner.keep_arrival(application, inbox, arrival, most)).await
    }

    async fn arrivals(&self, application: ApplicationId, inbox: InboxId) -> StoreResult<Vec<ArrivalSummary>> {
        self.watch("arrivals", self.inner.arrivals(application, inbox)).await
    }

    async fn arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        number: u64,
    ) -> StoreResult<Option<Sealed>> {
        self.watch("arrival", self.inner.arrival(application, inbox, number)).await
    }
}
