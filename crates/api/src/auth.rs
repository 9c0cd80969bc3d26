//! Who calls: bearer tokens, looked up by their SHA-256 in a small cache in front of the store.
//!
//! An entry is trusted for [`TRUSTED`], so that what another process revokes ends within a second; what this
//! process revokes is dropped from the cache at once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::FromRequestParts;
use fanfare_core::{
    environment::ApiKey,
    id::EnvironmentId,
    ports::{Monotonic, store::StoreResult},
};
use fanfare_engine::{
    Engine,
    configure::{Actor, Configure, key::token_hash},
};
use http::{HeaderMap, header, request::Parts};
use parking_lot::RwLock;
use subtle::ConstantTimeEq as _;

use crate::{Api, error::ApiError};

/// How long a key is believed valid before the store is asked again.
const TRUSTED: Duration = Duration::from_millis(500);
/// Keys remembered at most; beyond, all are forgotten and read again as needed.
const CACHED_KEYS: usize = 10_000;

/// The holder of a valid key or portal token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key.
    pub(crate) key: Arc<ApiKey>,
}

impl Caller {
    /// The environment it belongs to: nothing of another one can be seen or named.
    pub(crate) fn environment(&self) -> EnvironmentId {
        self.key.environment
    }

    /// Changes of configuration in its name.
    pub(crate) fn configure(&self, api: &Api) -> Configure {
        Configure::new(Arc::clone(api.engine.context()), Actor::key(&self.key))
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        match parts.extensions.get::<Self>() {
            Some(known) => Ok(known.clone()),
            None => authenticate(&parts.headers, api).await,
        }
    }
}

/// Finds out who calls.
pub(crate) async fn authenticate(headers: &HeaderMap, api: &Api) -> Result<Caller, ApiError> {
    let token = bearer(headers).ok_or_else(ApiError::unauthorized)?;
    let key = api.keys.key(&api.engine, token_hash(token)).await?;
    let valid = key.filter(|key| key.is_valid(api.engine.now()));
    valid.map(|key| Caller { key }).ok_or_else(ApiError::unauthorized)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Keys seen lately.
#[derive(Default)]
pub(crate) struct Keys {
    seen: RwLock<HashMap<[u8; 32], Seen>>,
}

struct Seen {
    key: Arc<ApiKey>,
    at: Monotonic,
}

impl Keys {
    /// Drops a key that was just revoked.
    pub(crate) fn forget(&self, key: &ApiKey) {
        self.seen.write().remove(&key.hash);
    }

    /// Drops all of them: several were ended at once.
    pub(crate) fn forget_all(&self) {
        self.seen.write().clear();
    }

    async fn key(&self, engine: &Engine, hash: [u8; 32]) -> StoreResult<Option<Arc<ApiKey>>> {
        let now = engine.context().ports.clock.monotonic();
        if let Some(seen) = self.seen.read().get(&hash)
            && now.since(seen.at) < TRUSTED
        {
            return Ok(Some(Arc::clone(&seen.key)));
        }
        let found = engine.context().store().key(hash).await?;
        let Some(key) = found.filter(|key| key.hash.ct_eq(&hash).into()).map(Arc::new) else {
            self.seen.write().remove(&hash);
            return Ok(None);
        };
        let mut seen = self.seen.write();
        if seen.len() >= CACHED_KEYS {
            seen.clear();
        }
        seen.insert(hash, Seen { key: Arc::clone(&key), at: now });
        Ok(Some(key))
    }
}
