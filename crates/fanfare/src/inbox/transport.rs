//! The transport that takes what is for the inbox and passes on the rest.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    ports::{Clock, Outcome, Response, SendOptions, Transport},
    render::{Request, Target},
};

use super::Inbox;

/// Takes what is for the inbox; the rest goes over `next`.
pub(crate) struct InboxTransport {
    /// Where requests to inbox endpoints are kept.
    pub(crate) inbox: Arc<Inbox>,
    /// What times them.
    pub(crate) clock: Arc<dyn Clock>,
    /// The network.
    pub(crate) next: Arc<dyn Transport>,
}

#[async_trait]
impl Transport for InboxTransport {
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        let Target::Inbox(endpoint) = request.target else {
            return self.next.send(request, options).await;
        };
        self.inbox.receive(endpoint, request, self.clock.now());
        let body = Bytes::from_static(b"kept in the inbox");
        Outcome { result: Ok(Response { status: 200, retry_after: None, body }), remote: None }
    }
}
