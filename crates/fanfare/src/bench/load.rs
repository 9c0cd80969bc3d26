//! Posts messages from many connections at once, at full speed or at a given rate.

use std::{
    net::SocketAddr,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    client::{Client, Reply},
    ledger::Ledger,
    plan::EXCHANGE_LIMIT,
    template::Template,
};
use crate::receiver::{monotonic_nanos, pause, within};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where to post, and what.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    /// The server's address.
    pub(crate) server: SocketAddr,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    /// Where the messages go in turn.
    pub(crate) uris: Vec<Uri>,
    /// Their bodies.
    pub(crate) template: Template,
    /// What the idempotency keys of this run begin with, if posts carry them.
    pub(crate) idempotency: Option<String>,
}

/// How one phase posts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Connections.
    pub(crate) clients: usize,
    /// Posts per second; as fast as possible if absent.
    pub(crate) rate: Option<f64>,
    /// How long to post at most.
    pub(crate) limit: Duration,
}

/// Posts the messages of `range` and notes each in `ledger`. Returns when all are answered, when the time is
/// over, or soon after `stop`.
pub(crate) async fn post(
    aim: &Aim,
    pace: Pace,
    ledger: &Arc<Ledger>,
    range: Range<usize>,
    stop: &CancellationToken,
) {
    let phase = Arc::new(Phase {
        aim: aim.clone(),
        ledger: Arc::clone(ledger),
        first: range.start,
        end: range.end,
        next: AtomicUsize::new(range.start),
        interval: pace.rate.map(|rate| 1e9 / rate),
        started: monotonic_nanos(),
        stop: stop.child_token(),
    });
    let mut clients = JoinSet::new();
    for _ in 0..pace.clients {
        clients.spawn(Arc::clone(&phase).run_client());
    }
    if within(pace.limit, all_done(&mut clients)).await.is_none() {
        phase.stop.cancel();
        // Those that are never answered are cut off when the set is dropped.
        within(EXCHANGE_LIMIT, all_done(&mut clients)).await;
    }
}

async fn all_done(clients: &mut JoinSet<()>) {
    while clients.join_next().await.is_some() {}
}

struct Phase {
    aim: Aim,
    ledger: Arc<Ledger>,
    first: usize,
    end: usize,
    next: AtomicUsize,
    /// Nanoseconds between two posts.
    interval: Option<f64>,
    started: u64,
    stop: CancellationToken,
}

impl Phase {
    async fn run_client(self: Arc<Self>) {
        let mut client = Client::new(self.aim.server);
        while !self.stop.is_cancelled() {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.end || !self.is_due(number).await {
                return;
            }
            let request = self.request(number);
            self.ledger.sent(number, monotonic_nanos());
            match client.send(request).await {
                Ok(reply) => self.note(number, &reply),
                Err(error) => {
                    self.ledger.refused(error.to_string());
                    pause(Duration::from_millis(10)).await;
                }
            }
        }
    }

    /// Waits until `number` is due at the wanted rate. False if the phase was stopped meanwhile.
    async fn is_due(&self, number: usize) -> bool {
        let Some(interval) = self.interval else { return true };
        let due = Duration::from_secs_f64((number - self.first) as f64 * interval / 1e9);
        let elapsed = Duration::from_nanos(monotonic_nanos().saturating_sub(self.started));
        let Some(wait) = due.checked_sub(elapsed) else { return true };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = pause(wait) => true,
        }
    }

    fn request(&self, number: usize) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.aim.template.body(number)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.aim.uris[number % self.aim.uris.len()].clone();
        *request.headers_mut() = self.aim.headers.clone();
        if let Some(prefix) = &self.aim.idempotency {
            let key =
                HeaderValue::try_from(format!("{prefix}{number:012}")).expect("made of letters and digits");
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        request
    }

    fn note(&self, number: usize, reply: &Reply) {
        if reply.status.is_success() {
            self.ledger.accepted(number, message_id(&reply.body), monotonic_nanos());
        } else {
            self.ledger.refused(reply.status.to_string());
        }
    }
}

/// Headers of a JSON request to `authority` with the key `key`.
pub(crate) fn json_headers(authority: &str, key: &str) -> Result<HeaderMap, header::InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, HeaderValue::try_from(authority)?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if !key.is_empty() {
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}"))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    Ok(headers)
}

/// The `id` member of an answer. A search is enough: our payloads have no member of that name.
fn message_id(body: &[u8]) -> Option<&[u8]> {
    const MARK: &[u8] = b"\"id\":\"";
    let start = body.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let rest = &body[start..];
    rest.iter().position(|byte| *byte == b'"').map(|end| &rest[..end])
}
