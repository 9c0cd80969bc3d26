//! The PostgreSQL store over real servers.

#![expect(clippy::unwrap_used, reason = "a failing store fails the test")]

#[path = "postgres/copy.rs"]
mod copy;
#[path = "postgres/open.rs"]
mod open;
#[path = "postgres/pooled.rs"]
mod pooled;
#[path = "postgres/races.rs"]
mod races;
#[path = "postgres/retention.rs"]
mod retention;
#[path = "postgres/subject.rs"]
mod subject;
#[path = "postgres/waits.rs"]
mod waits;

mod conformance {
    fanfare_store::conformance!(by_module crate::subject::Subjects::start);
}

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};
use fanfare_store::postgres::{OpenOptions, PostgresStore};

/// A wall clock that stands still; what waits, waits on real time.
struct StandingClock(Timestamp);

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }

    #[expect(clippy::disallowed_methods, reason = "this is a clock")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// 2026-11-21.
const NOW: Timestamp = Timestamp(1_795_219_200_000_000);

fn options(url: &str) -> OpenOptions {
    OpenOptions::new(url.parse().unwrap(), Arc::new(StandingClock(NOW)))
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(options(url)).await.unwrap()
}
