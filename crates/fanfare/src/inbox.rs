//! The built-in inbox: endpoints whose webhooks stay in this process, to look at.
//!
//! What arrives went through the same rendering and signing as what leaves over the network. It lives in
//! memory only, bounded in number and bytes.

mod door;
mod page;
mod transport;
mod view;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use fanfare_core::{
    id::EndpointId,
    limits::{INBOX_BYTES, INBOX_REQUESTS},
    render::Request,
    time::Timestamp,
};
use parking_lot::Mutex;

pub(crate) use self::{door::Door, transport::InboxTransport, view::routes};

/// What stands in for the value of a header that nobody may see.
const REDACTED: &str = "[redacted]";

/// The requests that arrived, by endpoint.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    shelves: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    by_endpoint: BTreeMap<EndpointId, VecDeque<Received>>,
    bytes: usize,
    arrivals: u64,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Received {
    /// Counts all that ever arrived, from 1.
    number: u64,
    /// When.
    at: Timestamp,
    /// The method.
    method: &'static str,
    /// Names and values, credentials redacted.
    headers: Vec<(String, String)>,
    /// The body as it came.
    body: Bytes,
}

impl Received {
    /// What it weighs, with a little for what is around it.
    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
        headers + self.body.len() + 128
    }
}

impl Inbox {
    /// Keeps a request for an endpoint; the oldest ones make room.
    fn receive(&self, endpoint: EndpointId, request: Request, at: Timestamp) {
        let headers = request.headers.into_iter().map(|header| {
            let value = if header.sensitive { REDACTED } else { header.value.reveal() };
            (header.name, value.to_owned())
        });
        let (method, headers) = (request.method.as_str(), headers.collect());
        self.shelves.lock().put(endpoint, Received { number: 0, at, method, headers, body: request.body });
    }

    /// What arrived for an endpoint, newest first.
    fn received(&self, endpoint: EndpointId) -> Vec<Received> {
        let shelves = self.shelves.lock();
        shelves.by_endpoint.get(&endpoint).map_or(Vec::new(), |shelf| shelf.iter().rev().cloned().collect())
    }
}

impl Shelves {
    fn put(&mut self, endpoint: EndpointId, mut received: Received) {
        self.arrivals += 1;
        received.number = self.arrivals;
        self.bytes += received.bytes();
        let shelf = self.by_endpoint.entry(endpoint).or_default();
        shelf.push_back(received);
        if shelf.len() > INBOX_REQUESTS {
            self.drop_oldest_of(endpoint);
        }
        while self.bytes > INBOX_BYTES {
            let oldest = self.by_endpoint.iter().min_by_key(|(_, shelf)| shelf.front().map(|r| r.number));
            let Some((endpoint, _)) = oldest else { break };
            self.drop_oldest_of(*endpoint);
        }
    }

    fn drop_oldest_of(&mut self, endpoint: EndpointId) {
        let Some(shelf) = self.by_endpoint.get_mut(&endpoint) else { return };
        if let Some(dropped) = shelf.pop_front() {
            self.bytes -= dropped.bytes();
        }
        if shelf.is_empty() {
            self.by_endpoint.remove(&endpoint);
        }
    }
}

#[cfg(test)]
mod tests;
