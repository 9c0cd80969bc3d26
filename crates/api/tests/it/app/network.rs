//! A network whose answers a test scripts, and that remembers what was sent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    ports::{Failure, FailureKind, Outcome, Response, SendOptions, Transport},
    render::{Request, Target},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What a URL answers; 200 `ok` unless told otherwise.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Status(u16, &'static str),
    Fails(FailureKind, &'static str),
}

#[derive(Default)]
pub(crate) struct Network {
    answers: Mutex<BTreeMap<String, Answer>>,
    sent: Mutex<Vec<Request>>,
    verified: Mutex<Vec<bool>>,
    more: Notify,
}

impl Network {
    /// From now on this URL answers so.
    pub(crate) fn answer(&self, url: &str, answer: Answer) {
        self.answers.lock().insert(url.to_owned(), answer);
    }

    /// What was sent, once it is at least this many requests.
    pub(crate) async fn sent(&self, many: usize) -> Vec<Request> {
        loop {
            let more = self.more.notified();
            let sent = self.sent.lock().clone();
            if sent.len() >= many {
                return sent;
            }
            more.await;
        }
    }

    /// Whether each request asked for a valid certificate.
    pub(crate) fn verified(&self) -> Vec<bool> {
        self.verified.lock().clone()
    }

    /// How many requests were sent so far.
    pub(crate) fn count(&self) -> usize {
        self.sent.lock().len()
    }
}

/// A header of a request.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    header.map(|header| header.value.reveal())
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        let url = match &request.target {
            Target::Http(url) => url.to_string(),
            Target::Inbox(id) => id.to_string(),
        };
        self.verified.lock().push(options.verify_tls);
        self.sent.lock().push(request);
        self.more.notify_waiters();
        let answer = self.answers.lock().get(&url).cloned();
        let result = match answer.unwrap_or(Answer::Status(200, "ok")) {
            Answer::Status(status, body) => {
                Ok(Response { status, retry_after: None, body: Bytes::from_static(body.as_bytes()) })
            }
            Answer::Fails(kind, message) => Err(Failure::new(kind, message)),
        };
        Outcome { result, remote: None }
    }
}
