//! `idempotency-key`: a POST that comes again gets the first answer again.
//!
//! Posting a message has its key in the accept transaction ([`hashed`] is all it needs of this file). Every
//! other POST goes through [`once`]: it runs to its end, its answer, if 2xx, is kept sealed in the store, and a
//! duplicate that comes while the first is under way waits for it.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use fanfare_core::{
    id::ID_BYTES,
    limits::{IDEMPOTENCY, IDEMPOTENCY_AUTO, KEY_BYTES},
    ports::store::RememberedAnswer,
    secret::Secret,
    time::Timestamp,
};
use fanfare_engine::context::field;
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::BodyExt as _;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    Api,
    auth::{Caller, authenticate},
    error::ApiError,
    json,
};

const HEADER: &str = "idempotency-key";
/// Keys that SDKs make by themselves for their own retries begin so.
const AUTO: &str = "auto_";

/// The idempotency key of a request, hashed with its token and URL, and when it expires.
pub(crate) fn hashed(
    headers: &HeaderMap,
    uri: &Uri,
    caller: &Caller,
    now: Timestamp,
) -> Result<Option<([u8; 32], Timestamp)>, ApiError> {
    let Some(key) = headers.get(HEADER).map(|value| value.as_bytes()) else { return Ok(None) };
    if key.is_empty() || key.len() > KEY_BYTES {
        let msg = format!("must have 1 to {KEY_BYTES} bytes");
        return Err(ApiError::invalid(&["header", HEADER], msg));
    }
    let lifetime = if key.starts_with(AUTO.as_bytes()) { IDEMPOTENCY_AUTO } else { IDEMPOTENCY };
    let path = uri.path();
    let hash = Sha256::new()
        .chain_update(caller.key.hash)
        .chain_update((key.len() as u64).to_be_bytes())
        .chain_update(key)
        .chain_update(path.strip_suffix('/').unwrap_or(path))
        .chain_update("?")
        .chain_update(uri.query().unwrap_or_default());
    Ok(Some((hash.finalize().into(), now + lifetime)))
}

/// Duplicates under way in this process: each key's first request holds its lock.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>>);

/// A request that is under way or waits for one; the last one of its key to leave takes the lock along.
struct Flight<'a> {
    flights: &'a Flights,
    key: [u8; 32],
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Flights {
    fn of(&self, key: [u8; 32]) -> Flight<'_> {
        let lock = Arc::clone(self.0.lock().entry(key).or_default());
        Flight { flights: self, key, lock }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock();
        // One is in the map, one is ours.
        if Arc::strong_count(&self.lock) <= 2 {
            flights.remove(&self.key);
        }
    }
}

/// Does a POST once per idempotency key.
pub(crate) async fn once(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    let (reply, answer) = oneshot::channel();
    let shared = Arc::clone(&api);
    api.under_way.run(async move {
        // Nobody waits for the answer where the client has gone: it is kept all the same.
        drop(reply.send(remembered_or_run(&shared, request, next).await));
    });
    match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => ApiError::internal("a request under an idempotency key panicked").into_response(),
    }
}

/// Requests that run to their end though their clients may go: a client that lost its answer comes again
/// under the same key, and must find what was done and answered.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<JoinSet<()>>);

impl UnderWay {
    fn run(&self, request: impl Future<Output = ()> + Send + 'static) {
        let mut requests = self.0.lock();
        while requests.try_join_next().is_some() {}
        requests.spawn(request);
    }
}

async fn remembered_or_run(api: &Api, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let caller = authenticate(request.headers(), api).await?;
    let now = api.engine.now();
    let hashed = hashed(request.headers(), request.uri(), &caller, now)?;
    let Some((key, expires_at)) = hashed else { return Ok(next.run(request).await) };
    request.extensions_mut().insert(caller.clone());
    let flight = api.flights.of(key);
    let _first = flight.lock.lock().await;
    match remembered(api, &caller, key, now).await? {
        Some(answer) => Ok(answer),
        None => keep(api, &caller, (key, expires_at), next.run(request).await).await,
    }
}

async fn remembered(
    api: &Api,
    caller: &Caller,
    key: [u8; 32],
    now: Timestamp,
) -> Result<Option<Response>, ApiError> {
    let context = api.engine.context();
    let Some(answer) = context.store().remembered_answer(key, now).await? else { return Ok(None) };
    let body = context
        .open(&answer.body, caller.environment(), OWNER, field::ANSWER)
        .map_err(|error| ApiError::internal(format!("a kept answer does not open: {error}")))?;
    let status = StatusCode::from_u16(answer.status)
        .map_err(|_| ApiError::internal(format!("a kept answer has status {}", answer.status)))?;
    Ok(Some(answer_of(status, body.reveal().to_owned().into())))
}

/// Kept answers belong to no one row: they are bound to their environment and field alone.
const OWNER: [u8; ID_BYTES] = [0; ID_BYTES];

async fn keep(
    api: &Api,
    caller: &Caller,
    (key, expires_at): ([u8; 32], Timestamp),
    response: Response,
) -> Result<Response, ApiError> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let bytes = response.into_body().collect().await;
    let bytes = bytes.map_err(|error| ApiError::internal(error.to_string()))?.to_bytes();
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| ApiError::internal(error.to_string()))?;
    let context = api.engine.context();
    let body = context.seal(&Secret::new(text), caller.environment(), OWNER, field::ANSWER);
    let answer = RememberedAnswer { status: status.as_u16(), body };
    // What was asked is done: a client is better served with its answer than with an error about keeping it.
    if let Err(error) = context.store().remember_answer(key, answer, expires_at).await {
        tracing::warn!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(answer_of(status, bytes))
}

fn answer_of(status: StatusCode, body: bytes::Bytes) -> Response {
    if body.is_empty() { status.into_response() } else { json::raw_response(status, body) }
}
