//! From the connections to the screen: requests in the order of their arrival.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use fanfare_core::limits::SHOWN_QUEUE;
use tokio::sync::mpsc;

use crate::receiver::{Answers, Reply, WireError, WireInbox, WireRequest};

/// Something that came.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// From whom.
    pub(crate) from: SocketAddr,
    /// What.
    pub(crate) what: What,
}

/// What came.
#[derive(Debug)]
pub(crate) enum What {
    /// A request, and how it is answered.
    Request(Box<WireRequest>, Reply),
    /// Something that could not be read.
    Fault(WireError),
}

/// What has come and was not looked at yet.
pub(crate) struct Arrivals(mpsc::Receiver<Arrival>);

struct Door {
    answers: Answers,
    queue: mpsc::Sender<Arrival>,
}

impl Arrivals {
    /// The inbox of a receiver that answers in turn, and what comes through it.
    pub(crate) fn open(answers: Answers) -> (Arc<dyn WireInbox>, Self) {
        let (queue, arrivals) = mpsc::channel(SHOWN_QUEUE);
        (Arc::new(Door { answers, queue }), Self(arrivals))
    }

    /// The next one; waits for ever where the receiver is gone.
    pub(crate) async fn next(&mut self) -> Arrival {
        match self.0.recv().await {
            Some(arrival) => arrival,
            None => std::future::pending().await,
        }
    }

    /// Whether something has come that was not looked at.
    pub(crate) fn is_left(&self) -> bool {
        !self.0.is_empty()
    }
}

impl Door {
    /// Nobody looks any more when the command is ending.
    async fn pass(&self, arrival: Arrival) {
        let _ = self.queue.send(arrival).await;
    }
}

#[async_trait]
impl WireInbox for Door {
    async fn receive(&self, request: WireRequest, from: SocketAddr) -> Reply {
        let reply = self.answers.next();
        self.pass(Arrival { from, what: What::Request(Box::new(request), reply.clone()) }).await;
        reply
    }

    async fn refuse(&self, why: WireError, from: SocketAddr) {
        self.pass(Arrival { from, what: What::Fault(why) }).await;
    }
}
