//! An inbox that keeps what it received, for those who look at single webhooks: the demo and the tests.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::{Answer, Inbox, Rejected, Script, Verifier, Webhook, unix_seconds, within};

/// A webhook that was received.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Its `webhook-id`, empty if it has none.
    pub(crate) id: String,
    /// The path it came to.
    pub(crate) path: String,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
    /// What checking its signature gave; `None` while the recorder knows no secret.
    pub(crate) verdict: Option<Result<(), Rejected>>,
    /// The status it was answered with; `None` if it never was.
    pub(crate) status: Option<StatusCode>,
    /// When it arrived, in `monotonic_nanos`.
    pub(crate) at: u64,
}

/// Receives by script, verifies, and keeps everything in the order of arrival.
#[derive(Default)]
pub(crate) struct Recorder {
    script: Script,
    verifier: Mutex<Option<Verifier>>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
}

impl Recorder {
    /// A recorder that answers as `script` says.
    pub(crate) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self { script, ..Self::default() })
    }

    /// The secret that webhooks are checked with from here on. False if it is not one.
    pub(crate) fn use_secret(&self, secret: &str) -> bool {
        let verifier = Verifier::new(secret);
        let usable = verifier.is_some();
        *self.verifier.lock() = verifier;
        usable
    }

    /// A channel that shows how many webhooks have arrived.
    pub(crate) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Everything received so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.received.lock().clone()
    }

    /// What arrived from the given position on.
    pub(crate) fn since(&self, position: usize) -> Vec<Received> {
        self.received.lock().get(position..).unwrap_or_default().to_vec()
    }

    /// How often each message id arrived.
    pub(crate) fn times_by_id(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for webhook in &*self.received.lock() {
            *times.entry(webhook.id.clone()).or_default() += 1;
        }
        times
    }

    /// Everything received, as soon as `enough` holds for it; `None` if it does not within `limit`.
    pub(crate) async fn wait_until(
        &self,
        limit: Duration,
        enough: impl Fn(&[Received]) -> bool,
    ) -> Option<Vec<Received>> {
        let mut count = self.count.subscribe();
        let held = count.wait_for(|_| enough(&self.received.lock()));
        within(limit, held).await?.ok()?;
        Some(self.all())
    }

    fn verdict(&self, webhook: &Webhook<'_>) -> Option<Result<(), Rejected>> {
        let verifier = self.verifier.lock();
        verifier.as_ref().map(|verifier| verifier.check(webhook.headers, webhook.body, unix_seconds()))
    }
}

impl Inbox for Recorder {
    fn receive(&self, webhook: &Webhook<'_>) -> Answer {
        let answer = self.script.next();
        let status = match answer {
            Answer::Now(status) | Answer::After(_, status) => Some(status),
            Answer::Never => None,
        };
        let id = webhook.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let received = Received {
            id: id.to_owned(),
            path: webhook.path.to_owned(),
            headers: webhook.headers.clone(),
            body: webhook.body.clone(),
            verdict: self.verdict(webhook),
            status,
            at: webhook.at,
        };
        self.received.lock().push(received);
        self.count.send_modify(|count| *count += 1);
        answer
    }
}
