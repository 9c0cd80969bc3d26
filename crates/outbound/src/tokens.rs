//! Access tokens that are kept: in memory only, one for each endpoint and its present credentials, each fetched
//! by one call however many requests wait for it, and bounded in number.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    auth::ClientCredentials,
    id::EndpointId,
    limits::{TOKEN_KEPT, TOKEN_KEPT_MOST, TOKEN_SKEW},
    ports::{Clock, Failure, FailureKind, Monotonic, TokenSource},
    secret::Secret,
};
use parking_lot::Mutex;

use crate::token::Granted;

/// A token, and until when it is used.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) value: Secret,
    until: Monotonic,
}

impl Token {
    /// What a server granted to a call that began at `asked`.
    pub(crate) fn new(granted: Granted, asked: Monotonic) -> Self {
        let kept = match granted.lifetime {
            Some(lifetime) => lifetime.min(TOKEN_KEPT_MOST).saturating_sub(TOKEN_SKEW),
            None => TOKEN_KEPT,
        };
        Self { value: granted.token, until: asked + kept }
    }
}

/// A token for one request.
#[derive(Debug, Clone)]
pub(crate) struct Handed {
    pub(crate) token: Arc<Token>,
    /// Whether it was fetched since it was asked for; otherwise it may have been revoked meanwhile.
    pub(crate) fresh: bool,
}

/// Where the token of one client is kept. Its lock is held while one is fetched, so others wait for it.
pub(crate) struct Slot {
    endpoint: EndpointId,
    client: Arc<ClientCredentials>,
    /// How many calls have ended, for those who come to wait for one.
    ended: AtomicU64,
    /// What the last call came to. A failure is for those who waited for it, and no others.
    last: tokio::sync::Mutex<Option<Result<Arc<Token>, Failure>>>,
}

impl Slot {
    fn new(source: &TokenSource) -> Self {
        let (endpoint, client) = (source.endpoint, Arc::clone(&source.client));
        Self { endpoint, client, ended: AtomicU64::new(0), last: tokio::sync::Mutex::default() }
    }

    /// The kept token unless it is `stale` or has expired, else what the call under way comes to, else what
    /// `fetch` comes to in the time that is left of `limit`. Dropping the future lets the next one fetch.
    pub(crate) async fn token<F>(
        &self,
        stale: Option<&Arc<Token>>,
        clock: &dyn Clock,
        limit: Duration,
        fetch: impl FnOnce(Duration) -> F,
    ) -> Result<Handed, Failure>
    where
        F: Future<Output = Result<Token, Failure>>,
    {
        let (came, ended) = (clock.monotonic(), self.ended.load(Ordering::Acquire));
        let mut last = tokio::select! {
            biased;
            last = self.last.lock() => last,
            () = clock.sleep(limit) => return Err(waited_in_vain(&self.client, limit)),
        };
        let now = clock.monotonic();
        match &*last {
            Some(result) if self.ended.load(Ordering::Acquire) != ended => return fresh(result.clone()),
            Some(Ok(token)) if now < token.until && !is(token, stale) => {
                return Ok(Handed { token: Arc::clone(token), fresh: false });
            }
            _ => *last = None,
        }
        let left = limit.saturating_sub(now.since(came));
        let result = fetch(left).await.map(Arc::new);
        // A call that failed for want of time says nothing to those who have more.
        if result.is_ok() || left > limit / 2 {
            *last = Some(result.clone());
            self.ended.fetch_add(1, Ordering::Release);
        }
        fresh(result)
    }

    /// Whether it holds a token that will be used, or is in use.
    fn is_of_use(self: &Arc<Self>, now: Monotonic) -> bool {
        let held = || match self.last.try_lock().as_deref() {
            Ok(Some(Ok(token))) => now < token.until,
            Ok(Some(Err(_)) | None) => false,
            Err(_) => true,
        };
        Arc::strong_count(self) > 1 || held()
    }
}

fn fresh(result: Result<Arc<Token>, Failure>) -> Result<Handed, Failure> {
    result.map(|token| Handed { token, fresh: true })
}

fn is(token: &Arc<Token>, stale: Option<&Arc<Token>>) -> bool {
    stale.is_some_and(|stale| Arc::ptr_eq(token, stale))
}

fn waited_in_vain(client: &ClientCredentials, limit: Duration) -> Failure {
    let host = client.token_url.as_url().host_str().unwrap_or_default();
    let limit = limit.as_secs_f64();
    let message = format!("no access token: a call of {host} that was under way took longer than {limit} s");
    Failure::new(FailureKind::Token, message)
}

/// The slots of all endpoints, the one used longest ago dropped where there are too many.
pub(crate) struct Tokens {
    most: usize,
    slots: Mutex<Slots>,
}

/// Serial numbers rise, so the first slot is the one used longest ago.
#[derive(Default)]
struct Slots {
    next_use: u64,
    by_use: BTreeMap<u64, Arc<Slot>>,
    by_endpoint: HashMap<EndpointId, u64>,
}

impl Tokens {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, slots: Mutex::default() }
    }

    /// The slot for `source`; a new one in the place of that of other credentials.
    pub(crate) fn slot(&self, source: &TokenSource) -> Arc<Slot> {
        let mut slots = self.slots.lock();
        let known = slots.take(source.endpoint).filter(|slot| slot.client == source.client);
        let slot = known.unwrap_or_else(|| Arc::new(Slot::new(source)));
        slots.put(Arc::clone(&slot));
        if slots.by_use.len() > self.most {
            slots.drop_oldest();
        }
        slot
    }

    /// Forgets tokens that will not be used any more.
    pub(crate) fn sweep(&self, now: Monotonic) {
        let Slots { by_use, by_endpoint, .. } = &mut *self.slots.lock();
        by_use.retain(|_, slot| slot.is_of_use(now));
        by_endpoint.retain(|_, serial| by_use.contains_key(serial));
    }
}

impl Slots {
    fn take(&mut self, endpoint: EndpointId) -> Option<Arc<Slot>> {
        self.by_use.remove(&self.by_endpoint.remove(&endpoint)?)
    }

    fn put(&mut self, slot: Arc<Slot>) {
        self.by_endpoint.insert(slot.endpoint, self.next_use);
        self.by_use.insert(self.next_use, slot);
        self.next_use += 1;
    }

    fn drop_oldest(&mut self) {
        if let Some((_, slot)) = self.by_use.pop_first() {
            self.by_endpoint.remove(&slot.endpoint);
        }
    }
}

#[cfg(test)]
mod tests;
