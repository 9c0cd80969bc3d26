//! The platform's database, as the outbox reaches it.

use async_trait::async_trait;
use fanfare_sources::outbox::{Connect, Driven};
use fanfare_store::postgres::DatabaseUrl;

/// The platform's database.
pub(crate) struct Database(pub(crate) DatabaseUrl);

#[async_trait]
impl Connect for Database {
    async fn connect(&self) -> Result<Driven, String> {
        self.0.connect().await
    }
}
