//! The receiving end of a run: reads each webhook's number, verifies a sample, and notes it in the ledger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::StatusCode;

use super::{ledger::Ledger, template::read_number};
use crate::receiver::{Answer, Inbox, Verifier, Webhook, unix_seconds};

/// The signature of one message in this many is checked.
const VERIFY_ONE_IN: usize = 32;

/// Takes the webhooks of one run at `/{application}/{endpoint of it}`.
pub(crate) struct Gate {
    /// Where they are noted.
    pub(crate) ledger: Arc<Ledger>,
    /// The run they must belong to.
    pub(crate) run: String,
    /// The applications that the messages are shared over in turn.
    pub(crate) applications: usize,
    /// What signatures are checked with, if they are.
    pub(crate) verifier: Option<Verifier>,
    /// The first message that goes to endpoints of another profile, whose format the verifier does not know.
    pub(crate) verified_below: usize,
    /// How long each answer takes.
    pub(crate) delay: Duration,
}

impl Inbox for Gate {
    fn receive(&self, webhook: &Webhook<'_>) -> Answer {
        match (place(webhook.path), read_number(&self.run, webhook.body)) {
            (Some((application, endpoint)), Some(number)) => {
                if number % self.applications != application {
                    count(&self.ledger.faults.misplaced);
                }
                self.verify_sample(number, webhook);
                let id = webhook.headers.get("webhook-id").map(|id| id.as_bytes());
                self.ledger.arrived(number, endpoint, id, webhook.at);
            }
            _ => count(&self.ledger.faults.foreign),
        }
        if self.delay.is_zero() {
            Answer::Now(StatusCode::OK)
        } else {
            Answer::After(self.delay, StatusCode::OK)
        }
    }
}

impl Gate {
    fn verify_sample(&self, number: usize, webhook: &Webhook<'_>) {
        let sampled = number.is_multiple_of(VERIFY_ONE_IN) && number < self.verified_below;
        let Some(verifier) = self.verifier.as_ref().filter(|_| sampled) else {
            return;
        };
        count(&self.ledger.faults.verified);
        if verifier.check(webhook.headers, webhook.body, unix_seconds()).is_err() {
            count(&self.ledger.faults.unverified);
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

fn place(path: &str) -> Option<(usize, usize)> {
    let (application, endpoint) = path.strip_prefix('/')?.split_once('/')?;
    Some((application.parse().ok()?, endpoint.parse().ok()?))
}
