//! What the pages stand on: a store in a directory, real time, no network.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Entropy, Failure, FailureKind, Monotonic, Outcome, SendOptions, Transport},
    profile::built_in,
    render::Request,
    secret::MasterKey,
    time::Timestamp,
};
use fanfare_engine::context::{Context, Ports, Profiles};
use fanfare_store::sqlite::{OpenOptions, SqliteStore};

/// Real time.
struct Wall(std::time::Instant);

#[async_trait]
impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default() + self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Counts: nothing here is secret.
struct Counter(std::sync::atomic::AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes();
        for (byte, digit) in bytes.iter_mut().rev().zip(number.iter().rev().chain(std::iter::repeat(&0))) {
            *byte = *digit;
        }
    }
}

/// Nothing is sent.
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, _: Request, _: &SendOptions) -> Outcome {
        Outcome { result: Err(Failure::new(FailureKind::Connect, "nowhere")), remote: None }
    }
}

/// A context over a new store.
pub(super) fn context(directory: &Path) -> Result<Arc<Context>, super::Failure> {
    let clock: Arc<dyn Clock> = Arc::new(Wall(std::time::Instant::now()));
    let path = directory.join("fanfare.db");
    let store = SqliteStore::open(OpenOptions { path, readers: 4, clock: Arc::clone(&clock) })?;
    let entropy: Arc<dyn Entropy> = Arc::new(Counter(std::sync::atomic::AtomicU64::new(1)));
    let master_key = MasterKey::generate(&*entropy);
    let ports = Ports { store: Arc::new(store), transport: Arc::new(Nowhere), clock, entropy };
    Ok(Context::new(ports, master_key, Profiles::new(built_in())))
}
